"""``infra/init-localstack.sh``: the same whatever was there before."""

import json
from pathlib import Path
from uuid import uuid4

from infra.embedded.child import run_to_end
from infra.embedded.stores import LOCALSTACK_PYTHON, Stores
from tests.support.stores import delete_bucket_and_queues, queue_url, s3_client, sqs_client

_SCRIPT = Path(__file__).parents[2] / "infra" / "init-localstack.sh"


async def _run(environment: dict[str, str]) -> None:
    path = f"{LOCALSTACK_PYTHON.parent}:/usr/bin:/bin"
    code, output = await run_to_end(
        [_SCRIPT], environment=environment | {"PATH": path}, directory=_SCRIPT.parent
    )
    assert code == 0, output


def _attributes(environment: dict[str, str], suffix: str = "") -> dict[str, str]:
    url = queue_url(environment, suffix)
    found = sqs_client(environment).get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {str(name): value for name, value in found.items()}


def _assert_as_designed(environment: dict[str, str]) -> None:
    attributes = _attributes(environment)
    assert attributes["VisibilityTimeout"] == "300"
    assert attributes["MessageRetentionPeriod"] == "86400"
    assert attributes["ReceiveMessageWaitTimeSeconds"] == "20"
    redrive = json.loads(attributes["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == _attributes(environment, "-dlq")["QueueArn"]
    assert int(redrive["maxReceiveCount"]) == 10
    rules = s3_client(environment).get_bucket_lifecycle_configuration(Bucket=environment["S3_BUCKET_NAME"])
    by_name = {rule["ID"]: rule for rule in rules["Rules"]}
    assert by_name["forget-broken-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert by_name["forget-old-uploads"]["Expiration"]["Days"] == 30
    assert by_name["forget-old-uploads"]["Filter"] == {"Prefix": "uploads/"}


async def test_it_makes_everything_once_and_mends_what_differs(stores: Stores) -> None:
    await stores.start()
    name = f"init-{uuid4().hex[:12]}"
    environment = stores.environment() | {"S3_BUCKET_NAME": name, "SQS_QUEUE_NAME": name}
    await _run(environment)
    _assert_as_designed(environment)

    s3_client(environment).put_object(Bucket=name, Key="uploads/kept", Body=b"1")
    sqs = sqs_client(environment)
    sqs.send_message(QueueUrl=queue_url(environment), MessageBody="kept")
    sqs.set_queue_attributes(QueueUrl=queue_url(environment), Attributes={"VisibilityTimeout": "7"})
    await _run(environment)
    _assert_as_designed(environment)
    assert s3_client(environment).list_objects_v2(Bucket=name)["KeyCount"] == 1
    assert _attributes(environment)["ApproximateNumberOfMessages"] == "1"
    delete_bucket_and_queues(environment)


async def test_it_obeys_another_region_and_names(stores: Stores) -> None:
    await stores.start()
    name = f"init-{uuid4().hex[:12]}"
    environment = stores.environment() | {"S3_BUCKET_NAME": name, "SQS_QUEUE_NAME": name}
    await _run(environment | {"AWS_DEFAULT_REGION": "sa-east-1", "SQS_DLQ_NAME": f"{name}-given-up"})
    assert s3_client(environment).get_bucket_location(Bucket=name)["LocationConstraint"] == "sa-east-1"
    delete_bucket_and_queues(environment)


async def test_it_says_that_localstack_is_not_there(stores: Stores) -> None:
    environment = stores.environment() | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
    path = f"{LOCALSTACK_PYTHON.parent}:/usr/bin:/bin"
    code, output = await run_to_end(
        [_SCRIPT], environment=environment | {"PATH": path}, directory=_SCRIPT.parent
    )
    assert code != 0
    assert "127.0.0.1:1" in output
