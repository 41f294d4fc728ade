"""The built-in data sets are what the catalogue says."""

import subprocess
import sys

import numpy as np
import pytest

import workbench.data.builtin
import workbench.data.readers
from workbench.data import DataError, list_datasets, load_dataset

BUNDLED = ("digits", "iris", "wine", "breast_cancer")


def test_the_catalogue_lists_every_set_with_what_it_is():
    listed = list_datasets()
    assert [info.name for info in listed] == ["breast_cancer", "digits", "fashion-mnist", "iris", "mnist", "wine"]
    assert all(info.title and info.source and info.size for info in listed)
    assert {info.name for info in listed if info.on_disk} == set(BUNDLED)


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_set_has_the_size_that_the_catalogue_gives(name):
    size = {info.name: info.size for info in list_datasets()}[name]
    assert str(load_dataset(name)) == f"{name} {size}"


def test_a_true_set_on_disk_is_listed_as_such(shared):
    listed = {info.name: info for info in list_datasets(data_dir=shared / "data")}
    assert listed["mnist"].on_disk
    assert listed["fashion-mnist"].on_disk


def test_digits_are_sixteenths_in_rows_of_eight_by_eight():
    data = load_dataset("digits")
    assert (np.rint(data.X * 16) == data.X * 16).all()
    assert (data.X.min(), data.X.max()) == (0.0, 1.0)
    assert data.image_shape == (8, 8)
    assert data.feature_names[9] == "pixel_1_1"
    assert data.preprocessing == "pixels / 16"
    assert data.y.dtype == np.int64


@pytest.mark.parametrize(
    ("name", "fingerprint"),
    [
        ("digits", "277c0f94227488d0edfcfa45a256bc421bbfab422ebe6521c58ebcf655c2be97"),
        ("iris", "45d011066b73771436f7631983cb37e9950bd6d55ddeddf2046eba5b03b25894"),
    ],
)
def test_the_fingerprint_is_that_of_every_other_machine(name, fingerprint):
    assert load_dataset(name).fingerprint == fingerprint


def test_another_seed_and_fraction_split_the_bundled_sets_otherwise():
    assert load_dataset("digits", seed=1).fingerprint != load_dataset("digits").fingerprint
    assert str(load_dataset("digits", test_fraction=0)) == "digits 1,797 × 64 · 10 classes"


@pytest.mark.parametrize("name", ["wine", "breast_cancer"])
def test_wine_and_breast_cancer_are_standardised_by_the_training_rows(name):
    data, raw = load_dataset(name), load_dataset(name, standardize=False)
    assert raw.preprocessing == "as given"
    assert data.preprocessing.startswith("standardised with the training rows' mean and population standard deviation")
    expected = (raw.X_test - raw.X.mean(axis=0)) / np.sqrt(((raw.X - raw.X.mean(axis=0)) ** 2).mean(axis=0))
    np.testing.assert_allclose(data.X_test, expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(data.X.std(axis=0), 1.0, rtol=1e-13)


def test_labels_are_the_names_of_the_classes():
    assert load_dataset("iris").classes.tolist() == ["setosa", "versicolor", "virginica"]
    assert load_dataset("breast_cancer").classes.tolist() == ["benign", "malignant"]


def test_loading_again_gives_arrays_of_its_own():
    first = load_dataset("iris", test_fraction=0)
    first.X[:] = 0.0
    assert load_dataset("iris", test_fraction=0).X.any()


def test_importing_the_package_loads_no_reader_library():
    heavy = "pandas sklearn scipy pooch platformdirs requests"
    code = f"import sys, workbench.data.load; print([name for name in '{heavy}'.split() if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


# --- a plug-in is one file


def test_a_file_in_the_folder_is_a_data_set(tmp_path, monkeypatch):
    (tmp_path / "xor.py").write_text(
        "import numpy as np\n"
        "from workbench.data.bundled import Bundled\n"
        "from workbench.data.samples import Samples\n"
        "def samples():\n"
        "    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])\n"
        "    return Samples(X, X[:, 0] ^ X[:, 1])\n"
        "DATASETS = (Bundled('xor', 'exclusive or', 'by hand', '4 × 2', samples),)\n"
    )
    monkeypatch.setattr(workbench.data.builtin, "__path__", [*workbench.data.builtin.__path__, str(tmp_path)])
    assert load_dataset("xor", test_fraction=0).y.tolist() == [0, 1, 1, 0]
    assert "xor" in {info.name for info in list_datasets()}


def test_a_file_in_the_folder_is_a_reader(tmp_path, monkeypatch):
    (tmp_path / "pairs.py").write_text(
        "import numpy as np\n"
        "from workbench.data.reader import Reader\n"
        "from workbench.data.samples import Samples\n"
        "def read(path):\n"
        "    rows = np.array([line.split() for line in path.read_text().splitlines()], dtype=float)\n"
        "    return Samples(rows[:, :1], rows[:, 1])\n"
        "READER = Reader(('.pairs',), read)\n"
    )
    (tmp_path / "some.pairs").write_text("1.5 0\n2.5 1\n")
    monkeypatch.setattr(workbench.data.readers, "__path__", [*workbench.data.readers.__path__, str(tmp_path)])
    assert load_dataset(tmp_path / "some.pairs", test_fraction=0).X.tolist() == [[1.5], [2.5]]


# --- sets that others brought


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("letter.npz", "letter 16,000 + 4,000 × 16 · 26 classes"),
        ("shuttle.npz", "shuttle 43,500 + 14,500 × 9 · 7 classes"),
        ("news20_bydate.npz", "news20_bydate 11,314 + 7,532 × 32,658 · 20 classes"),
        ("reuters_r52.npz", "reuters_r52 5,878 + 2,568 × 8,620 · 52 classes"),
        ("uci_bundle.npz:pendigits", "uci_bundle-pendigits 8,793 + 2,199 × 16 · 10 classes"),
    ],
)
def test_archives_of_the_field_load(shared, file, text):
    assert str(load_dataset(shared / "data" / "sets" / file)) == text


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("uci_bundle.npz:soybean", "X has nan at row 31, column 15: 6,240 such values in all"),
        ("ml_yeast.npz", "Y with several labels per row is not supported"),
    ],
)
def test_archives_of_the_field_that_do_not_fit_say_why(shared, file, message):
    with pytest.raises(DataError, match=message):
        load_dataset(shared / "data" / "sets" / file)
