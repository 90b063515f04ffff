"""The vendor's own SDK as a client of the simulator, and a check that its classes know all that is said."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import PureCloudPlatformClientV2 as sdk  # noqa: N813
import pytest

from monitor.simulator.server import Running

# What the SDK's setters put in place of a value they do not know.
UNKNOWN_VALUE = "outdated_sdk_version"


@contextmanager
def a_client(running: Running) -> Iterator[sdk.ApiClient]:
    """A client whose login and API go to the simulator; the process-wide configuration is left untouched."""
    client = sdk.ApiClient()
    address = urlsplit(running.url)
    client.set_gateway(address.hostname, address.scheme, address.port, "", "")
    try:
        yield client
    finally:
        if client.http_client is not None:
            client.http_client.rest_client.pool_manager.clear()


def flaws(document: object, kind: str, read: object, where: str = "$") -> list[str]:
    """Keys the model does not know and values it does not keep, anywhere in a JSON document."""
    if (inner := re.fullmatch(r"list\[(.*)\]", kind)) is not None:
        assert isinstance(document, list), where
        assert isinstance(read, list), where
        pairs = zip(document, read, strict=True)
        return [
            f for n, (item, model) in enumerate(pairs) for f in flaws(item, inner[1], model, f"{where}[{n}]")
        ]
    if (inner := re.fullmatch(r"dict\(str, (.*)\)", kind)) is not None:
        assert isinstance(document, dict), where
        assert isinstance(read, dict), where
        return [
            f for key, item in document.items() for f in flaws(item, inner[1], read[key], f"{where}.{key}")
        ]
    if hasattr(sdk, kind):
        return model_flaws(document, read, where)
    if kind == "datetime":
        return (
            [] if datetime.fromisoformat(str(document)) == read else [f"{where}: {read!r} for {document!r}"]
        )
    # bool is an int to Python, but not to a reader of JSON.
    same = type(document) is type(read) or {type(document), type(read)} == {int, float}
    return [] if same and document == read else [f"{where}: {read!r} for {document!r}"]


def model_flaws(document: object, read: Any, where: str) -> list[str]:
    """The same for a model class; `read` is what the SDK made of the document."""
    assert isinstance(document, dict), where
    assert hasattr(read, "swagger_types"), where
    names = {key: name for name, key in read.attribute_map.items()}
    found = [f"{where}.{key}: unknown" for key in document.keys() - names.keys()]
    for key in document.keys() & names.keys():
        kind, value = read.swagger_types[names[key]], getattr(read, names[key])
        found += flaws(document[key], kind, value, f"{where}.{key}")
    return found


class Received:
    """As much of a response as the SDK's deserializer wants."""

    def __init__(self, data: str):
        self.data = data

    def getheader(self, name: str) -> str:
        return "application/json"


class Recorder:
    """Keeps the raw text of what the SDK receives."""

    def __init__(self, client: sdk.ApiClient):
        self.client = client
        self.texts: list[str] = []

        def keep(response):
            self.texts.append(response.data)
            return response

        client.get_http_client().set_post_request_hook(keep)

    def check(self, model: object) -> None:
        """The latest answer holds nothing that its model class does not know or keep."""
        assert flaws(json.loads(self.texts[-1]), type(model).__name__, model) == []


def log_in(client: sdk.ApiClient, secret: str = "demo-secret") -> Recorder:
    """Get a token the SDK's way."""
    recorder = Recorder(client)
    client.get_client_credentials_token("demo-client", secret)
    return recorder


def refused(running: Running, ask: Callable[[sdk.ApiClient], object], secret: str = "demo-secret") -> Any:
    """The exception with which the SDK reports a refusal."""
    with a_client(running) as client:
        try:
            log_in(client, secret)
            ask(client)
        except sdk.rest.ApiException as error:
            return error
    pytest.fail("nothing was refused")


def assert_error_body(text: str) -> None:
    """The text holds nothing that the SDK's ErrorBody does not know or keep."""
    client = sdk.ApiClient()
    model = client.deserialize(Received(text), "ErrorBody")
    assert flaws(json.loads(text), "ErrorBody", model) == []
