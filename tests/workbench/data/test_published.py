"""Published sets: found in the user's folders, else downloaded once, and never under a false name."""

import gzip
import hashlib
import http.server
import logging
import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from workbench.data import DataError, fetch, list_datasets, load_dataset
from workbench.data.builtin import mnist

FILES = tuple(mnist.DATASETS[0].sha256)


@pytest.fixture
def four_files(idx_pair, images, labels):
    """Write four small files in a folder under MNIST's names, brighter by some grey levels; returns the folder."""

    def write(folder, brighter=0, packed=True):
        idx_pair(folder, images + np.uint8(brighter), labels, packed=packed)
        idx_pair(folder, images[:6] + np.uint8(brighter), labels[:6], part="t10k", packed=packed)
        return folder

    return write


def pins(folder):
    return {file: hashlib.sha256(gzip.decompress((folder / f"{file}.gz").read_bytes())).hexdigest() for file in FILES}


@pytest.fixture
def published(monkeypatch, tmp_path, four_files):
    """Small files take the place of both published sets; returns their folders by name."""
    folders = {
        "mnist": four_files(tmp_path / "server" / "mnist"),
        "fashion-mnist": four_files(tmp_path / "server" / "fashion-mnist", brighter=1),
    }
    small = tuple(replace(entry, sha256=pins(folders[entry.name])) for entry in mnist.DATASETS)
    monkeypatch.setattr(mnist, "DATASETS", small)
    return folders


@pytest.fixture
def server(monkeypatch, published, tmp_path):
    """The folders over http, in place of the mirrors; a list of the paths asked for."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(logging.getLogger("pooch"), "disabled", True)
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=tmp_path / "server")
    ) as listening:
        thread = threading.Thread(target=partial(listening.serve_forever, poll_interval=0.01))
        thread.start()
        base = f"http://127.0.0.1:{listening.server_port}"
        small = tuple(replace(entry, mirrors=(f"{base}/{entry.name}/",)) for entry in mnist.DATASETS)
        monkeypatch.setattr(mnist, "DATASETS", small)
        yield asked
        listening.shutdown()
        thread.join()


# --- in the user's folders


@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
@pytest.mark.parametrize("place", ["data/mnist", "data"], ids=["subfolder", "folder itself"])
def test_the_files_are_found_in_the_folder_or_its_subfolder(published, four_files, tmp_path, place, packed):
    four_files(tmp_path / place, packed=packed)
    data = load_dataset("mnist", data_dir=tmp_path / "data", download=False)
    assert str(data) == "mnist 12 + 6 × 6 · 3 classes"
    assert data.preprocessing == "pixels / 255"
    assert data.image_shape == (2, 3)
    assert data.X[0, 1] == 1 / 255


def test_the_environment_names_a_folder_too_and_data_dir_comes_first(published, four_files, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DATA", str(four_files(tmp_path / "mine", brighter=2)))
    assert load_dataset("mnist", download=False).X[0, 0] == 2 / 255
    assert load_dataset("mnist", data_dir=published["mnist"], download=False).X[0, 0] == 0.0


def test_a_stale_environment_variable_is_no_error_for_other_sets(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "gone"))
    assert load_dataset("iris").name == "iris"


def test_other_files_are_not_called_by_the_published_name(published, four_files, tmp_path):
    folder = four_files(tmp_path / "mine", brighter=9)
    data = load_dataset("mnist", data_dir=folder, download=False)
    assert data.name == "mnist-unverified"
    assert str(folder) in data.title
    assert data.fingerprint != load_dataset("mnist", data_dir=published["mnist"]).fingerprint


def test_the_files_of_another_published_set_are_refused(published):
    with pytest.raises(DataError, match="are those of mnist, not of fashion-mnist"):
        load_dataset("fashion-mnist", data_dir=published["mnist"])


def test_a_folder_with_some_of_the_files_is_refused(published, tmp_path):
    (published["mnist"] / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"has some files of mnist but lacks t10k-labels-idx1-ubyte \(plain or .gz\)"):
        load_dataset("mnist", data_dir=tmp_path / "server")
    assert not {info.name: info.on_disk for info in list_datasets(data_dir=tmp_path / "server")}["mnist"]


def test_a_damaged_file_is_named(published):
    path = published["mnist"] / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte.gz is damaged"):
        load_dataset("mnist", data_dir=published["mnist"])


def test_without_files_and_download_it_says_where_to_put_them(published, tmp_path):
    with pytest.raises(
        DataError, match=r"mnist is not on disk and download is off; looked in '.*'; put the files"
    ) as caught:
        load_dataset("mnist", data_dir=tmp_path, download=False)
    for part in (*FILES, "data_dir", "WORKBENCH_DATA", str(tmp_path)):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


# --- downloaded


def test_it_is_downloaded_once_and_loads_without_network_from_then_on(server):
    assert not on_disk("mnist")
    data = load_dataset("mnist")
    assert str(data) == "mnist 12 + 6 × 6 · 3 classes"
    assert sorted(server) == sorted(f"/mnist/{file}.gz" for file in FILES)
    assert on_disk("mnist")
    assert load_dataset("mnist").fingerprint == data.fingerprint
    assert load_dataset("mnist", download=False).fingerprint == data.fingerprint
    assert len(server) == 4


def on_disk(name):
    return {info.name: info.on_disk for info in list_datasets()}[name]


def test_files_in_a_folder_are_not_downloaded(server, published):
    load_dataset("mnist", data_dir=published["mnist"])
    assert server == []


def test_a_damaged_copy_in_the_cache_is_fetched_anew(server):
    load_dataset("mnist")
    (fetch.cache_folder("mnist") / FILES[0]).write_bytes(b"damaged")
    assert load_dataset("mnist").name == "mnist"
    assert len(server) == 5


def test_a_changed_copy_in_the_cache_is_refused_offline(server, four_files):
    four_files(fetch.cache_folder("mnist"), brighter=3, packed=False)
    with pytest.raises(DataError, match="the copy of mnist in the cache is damaged: delete the folder"):
        load_dataset("mnist", download=False)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!DOCTYPE html><html>Sign in</html>", "train-images-idx3-ubyte.gz came, but it is an HTML page"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\1x"), r"its content is not the published one \(SHA-256 differs\)"),
        (gzip.compress(bytes(100))[:-9], "train-images-idx3-ubyte.gz is damaged"),
        (gzip.compress(bytes(2**25)), "train-images-idx3-ubyte.gz goes on after 16,777,216 bytes"),
        (b"", "it is empty"),
        (None, "HTTP status 404"),
    ],
    ids=["html", "other content", "cut", "bomb", "empty", "missing"],
)
def test_what_is_not_the_published_file_is_not_kept(server, published, content, reason):
    path = published["mnist"] / f"{FILES[0]}.gz"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(
        DataError, match=rf"mnist is not on disk and could not be fetched \(127\.0\.0\.1:\d+: .*{reason}"
    ):
        load_dataset("mnist")
    assert not list(fetch.cache_folder("mnist").iterdir())


def test_more_than_any_published_file_is_not_downloaded(server, monkeypatch):
    monkeypatch.setattr(fetch, "MAX_DOWNLOAD", 20)
    with pytest.raises(DataError, match="more than 20 bytes came"):
        load_dataset("mnist")


def test_the_second_mirror_is_asked_where_the_first_fails(server, monkeypatch):
    good = mnist.DATASETS[0]
    mirrors = (good.mirrors[0].replace("/mnist/", "/gone/"), good.mirrors[0])
    monkeypatch.setattr(mnist, "DATASETS", (replace(good, mirrors=mirrors),))
    assert load_dataset("mnist").name == "mnist"


def test_offline_it_says_so_in_one_line(published, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(logging.getLogger("pooch"), "disabled", True)
    nobody = replace(mnist.DATASETS[0], mirrors=("http://127.0.0.1:9/",))
    monkeypatch.setattr(mnist, "DATASETS", (nobody,))
    with pytest.raises(
        DataError, match=r"could not be fetched \(127.0.0.1:9: no connection \(ConnectionError\)\)"
    ) as caught:
        load_dataset("mnist")
    assert "WORKBENCH_DATA" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cache_that_cannot_be_written_is_named(server, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(fetch, "cache_folder", lambda name: tmp_path / "file" / name)
    with pytest.raises(DataError, match=r"Not a directory: '.*file"):
        load_dataset("mnist")


def test_every_mirror_is_reached_over_https():
    assert all(
        mirror.startswith("https://") and mirror.endswith("/") for entry in mnist.DATASETS for mirror in entry.mirrors
    )


# --- the true sets


@pytest.mark.parametrize(
    ("name", "md5"),
    [("mnist", "6bbc9ace898e44ae57da46a324031adb"), ("fashion-mnist", "f4a8712d7a061bf5bd6d2ca38dc4d50a")],
)
def test_the_true_files_are_the_published_ones(shared, name, md5):
    data = load_dataset(name, data_dir=shared / "data", download=False)
    assert str(data) == f"{name} 60,000 + 10,000 × 784 · 10 classes"
    assert data.name == name
    assert data.image_shape == (28, 28)
    assert data.classes.tolist() == list(range(10))
    assert np.bincount(data.y_test).tolist() == ([1000] * 10 if name == "fashion-mnist" else MNIST_TEST_COUNTS)
    header = bytes.fromhex("00000803 0000ea60 0000001c 0000001c")
    pixels = np.rint(data.X * 255).astype(np.uint8)
    assert hashlib.md5(header + pixels.tobytes()).hexdigest() == md5


MNIST_TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_loading_mnist_holds_little_more_than_its_numbers(shared, memory_peak):
    with memory_peak() as peak:
        data = load_dataset("mnist", data_dir=shared / "data" / "mnist", download=False)
        assert peak() < 1.3 * (data.X.nbytes + data.X_test.nbytes) / 2**20
