"""Who is told of tasks that ended, as the operator configured it: an address and a secret per provider."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, BeforeValidator, ConfigDict, SecretStr
from pydantic_settings import NoDecode

#: Stands for every provider that is not named.
ALL_OTHERS = "*"
_PREFIX = "whsec_"
#: The specification asks for 24 to 64 bytes.
_SHORTEST, _LONGEST = 24, 64


def key_of(secret: SecretStr) -> bytes:
    """Return the bytes that messages are signed with.

    Raises:
        ValueError: it is no secret of the Standard Webhooks specification.
    """
    try:
        key = base64.b64decode(secret.get_secret_value().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"must be {_PREFIX} and base64 behind it") from error
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"must come to {_SHORTEST} to {_LONGEST} bytes of base64")
    return key


def _checked(secret: SecretStr) -> SecretStr:
    key_of(secret)
    return secret


class Webhook(BaseModel):
    """Where to post, and the secret with which the message is signed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: AnyHttpUrl
    secret: Annotated[SecretStr, AfterValidator(_checked)]


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value or "{}")
    except json.JSONDecodeError:
        # the error's own words quote what holds secrets
        decoded = None
    if not isinstance(decoded, dict):
        raise ValueError('must be JSON such as {"PROV001": {"url": "https://…", "secret": "whsec_…"}}')
    return decoded


#: By provider, :data:`ALL_OTHERS` among them. Written as JSON.
WebhookTable = Annotated[Mapping[str, Webhook], NoDecode, BeforeValidator(_decoded)]
