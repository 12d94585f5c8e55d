"""The ``./carga`` commands. They reach the services as a person does: as processes and over HTTP."""
