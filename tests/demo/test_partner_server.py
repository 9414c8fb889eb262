"""A partner's server over real HTTP."""

import http.client
import io
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft7Validator
from PIL import Image

from demo.collections import vessel_dataset
from demo.dataset import Dataset
from demo.partner_server import PartnerServer


class Client:
    """One kept connection."""

    def __init__(self, server: PartnerServer) -> None:
        parts = urlsplit(server.base_url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)

    def ask(
        self, url: str, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        path = urlsplit(url).path
        self.connection.request(
            method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        response = self.connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return response.status, found, response.read()

    def json(self, url: str) -> Any:
        status, _, body = self.ask(url)
        assert status == 200, body
        return json.loads(body)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return vessel_dataset(3)


@pytest.fixture(scope="module")
def server(dataset: Dataset) -> Iterator[PartnerServer]:
    with PartnerServer(dataset) as running:
        yield running


@pytest.fixture
def client(server: PartnerServer) -> Iterator[Client]:
    client = Client(server)
    yield client
    client.connection.close()


@pytest.fixture(scope="module")
def service(server: PartnerServer, dataset: Dataset) -> str:
    collection = dataset.collections[0]
    return f"{server.base_url}/{collection.key}/images/{collection.records[0].images[0].key}"


def test_every_document_is_valid_presentation_3(
    server: PartnerServer, client: Client, shared: Path
) -> None:
    schema = json.loads((shared / "interop/iiif_presentation_3/iiif_3_0.json").read_bytes())
    validator = Draft7Validator(schema)
    for _, _, url in server.collections:
        collection = client.json(url)
        assert collection["id"] == url
        assert list(validator.iter_errors(collection)) == []
        for member in collection["items"][::8]:
            manifest = client.json(member["id"])
            assert manifest["id"] == member["id"]
            assert manifest["label"] == member["label"]
            assert list(validator.iter_errors(manifest)) == []


def test_canvas_service_and_picture_agree(server: PartnerServer, client: Client) -> None:
    _, _, url = server.collections[1]
    manifest = client.json(client.json(url)["items"][0]["id"])
    canvas = manifest["items"][0]
    body = canvas["items"][0]["items"][0]["body"]
    info = client.json(body["service"][0]["id"] + "/info.json")
    with Image.open(io.BytesIO(client.ask(body["id"])[2])) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (canvas["width"], canvas["height"])
    assert (info["width"], info["height"]) == (canvas["width"], canvas["height"])
    assert info["id"] == body["service"][0]["id"]
    assert canvas["items"][0]["items"][0]["target"] == canvas["id"]


def test_a_confined_picture(client: Client, service: str) -> None:
    status, headers, body = client.ask(f"{service}/full/!100,100/0/default.jpg")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(body)) as picture:
        assert max(picture.size) == 100


@pytest.mark.parametrize(
    ("tail", "status"),
    [
        ("/full/9000,/0/default.jpg", 400),
        ("/full/%5E9000,/0/default.jpg", 400),
        ("/full/%5E900,/0/default.jpg", 200),
        ("/pct:10,10,50,50/pct:20/180/gray.png", 200),
        ("/full/max/45/default.jpg", 501),
        ("/full/max/default.jpg", 400),
        ("-x/info.json", 404),
    ],
)
def test_statuses_of_image_requests(client: Client, service: str, tail: str, status: int) -> None:
    got, headers, body = client.ask(service + tail)
    assert got == status
    assert headers["access-control-allow-origin"] == "*"
    if status >= 400:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == status


def test_the_base_uri_redirects_to_info(client: Client, service: str) -> None:
    status, headers, _ = client.ask(service)
    assert (status, headers["location"]) == (303, f"{service}/info.json")


@pytest.mark.parametrize(
    "path",
    ["/", "/nowhere", "/north/x/manifest.json", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
     "/north/collection.json/x", "/north/images", "//"],
)  # fmt: skip
def test_unknown_paths_are_404(client: Client, path: str) -> None:
    assert client.ask(path)[0] == 404


def test_documents_have_etags(server: PartnerServer, client: Client) -> None:
    url = server.collections[0][2]
    _, headers, body = client.ask(url)
    status, again, nothing = client.ask(url, If_None_Match=f'"other", W/{headers["etag"]}')
    assert (status, nothing, again["etag"]) == (304, b"", headers["etag"])
    status, head, nothing = client.ask(url, "HEAD")
    assert (status, nothing) == (200, b"")
    assert int(head["content-length"]) == len(body)
    assert client.ask(url, "OPTIONS")[0] == 204


def test_pages_for_people_and_the_truth(
    server: PartnerServer, client: Client, dataset: Dataset
) -> None:
    manifest = client.json(client.json(server.collections[2][2])["items"][0]["id"])
    for page in (manifest["homepage"][0]["id"], manifest["provider"][0]["homepage"][0]["id"]):
        status, headers, _ = client.ask(page)
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert client.json(f"{server.base_url}/truth.json") == dataset.truth()


def test_a_thousand_answers_on_one_connection_are_quick(
    server: PartnerServer, client: Client
) -> None:
    start = time.monotonic()
    for _ in range(1000):
        client.ask(f"{server.base_url}/nowhere")
    assert time.monotonic() - start < 20


def test_requests_are_counted_and_delayed(dataset: Dataset) -> None:
    with PartnerServer(dataset, delay_s=0.2) as server:
        client = Client(server)
        start = time.monotonic()
        client.ask(server.collections[0][2])
        assert time.monotonic() - start >= 0.2
        server.delay_s = 0
        client.ask(server.collections[0][2])
        assert server.requests[urlsplit(server.collections[0][2]).path] == 2
        client.connection.close()


def test_closing_cuts_kept_connections_and_ends_every_thread(dataset: Dataset) -> None:
    before = threading.active_count()
    server = PartnerServer(dataset, delay_s=60)
    idle, waiting = Client(server), Client(server)
    idle.connection.connect()
    waiting.connection.request("GET", "/north/collection.json")
    time.sleep(0.2)
    server.close()
    assert threading.active_count() == before
    idle.connection.close()
    waiting.connection.close()


@pytest.mark.parametrize("ending", ["stdin", "SIGTERM"])
def test_the_command_announces_itself_and_ends_with_its_parent(ending: str) -> None:
    command = [sys.executable, "-m", "demo.partner_server", "--seed", "5"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        announcement = json.loads(process.stdout.readline())
        assert len(announcement["collections"]) == 3
        if ending == "stdin":
            process.stdin.close()
        else:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_the_server_needs_no_heavy_library() -> None:
    code = "import sys, demo.partner_server; print(sorted({'torch', 'flask'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_bad_folder_ends_the_command_with_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo.partner_server", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "records.json" in done.stderr
    assert "Traceback" not in done.stderr
