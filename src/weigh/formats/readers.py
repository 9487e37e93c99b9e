"""The reader of each format: a static table whose rows are imported when a file of that format is met.

A scan of one file must start at once, so nothing here imports a reader before it is needed.
"""

from collections.abc import Callable

from weigh.core.facts import FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import Descent

Reader = Callable[[RangeReader, str, Descent], FileFacts]
Plain = Callable[[RangeReader, str], FileFacts]


def reader_of(name: str) -> Reader | None:
    """The reader of a format, or None where there is none."""
    plain = _plain_reader(name)
    if plain is not None:
        return lambda reader, path, _descent: plain(reader, path)
    return _descending_reader(name)


def _plain_reader(name: str) -> Plain | None:
    """Formats that hold no other files."""
    read: Plain
    match name:
        case "safetensors":
            from weigh.formats.safetensors import read_safetensors as read
        case "onnx":
            from weigh.formats.onnx import read_onnx as read
        case "json":
            from weigh.formats.json_config import read_json_config as read
        case "tokenizer":
            from weigh.formats.tokenizer_json import read_tokenizer as read
        case "model-card":
            from weigh.formats.model_card import read_model_card as read
        case "package-metadata":
            from weigh.formats.package_metadata import read_package_metadata as read
        case "sentencepiece":
            from weigh.formats.sentencepiece import read_sentencepiece as read
        case "text":
            from weigh.formats.text_files import read_text as read
        case _:
            return None
    return read


def _descending_reader(name: str) -> Reader | None:  # noqa: C901, PLR0912, PLR0915 - one case a format, two lines each
    """Formats that hold, or may hold, other files."""
    read: Reader
    match name:
        case "pickle":
            from weigh.formats.pickle import read_pickle as read
        case "torch-legacy":
            from weigh.formats.torch_legacy import read_torch_legacy as read
        case "torch":
            from weigh.formats.torch_zip import read_torch_zip as read
        case "joblib":
            from weigh.formats.joblib import read_joblib as read
        case "npy":
            from weigh.formats.npy import read_npy as read
        case "npz":
            from weigh.formats.npz import read_npz as read
        case "zip":
            from weigh.formats.zip import read_zip as read
        case "tar":
            from weigh.formats.tar import read_tar as read
        case "7z":
            from weigh.formats.seven_zip import read_seven_zip as read
        case "compressed":
            from weigh.formats.compressed import read_compressed as read
        case "media":
            from weigh.formats.media import read_media as read
        case "parquet":
            from weigh.formats.parquet import read_parquet as read
        case "executable":
            from weigh.formats.executable import read_executable as read
        case "gguf":
            from weigh.formats.gguf import read_gguf as read
        case "tflite":
            from weigh.formats.tflite import read_tflite as read
        case "executorch":
            from weigh.formats.executorch import read_executorch as read
        case "template":
            from weigh.formats.template import read_template as read
        case "keras":
            from weigh.formats.keras import read_keras as read
        case "hdf5":
            from weigh.formats.hdf5 import read_hdf5 as read
        case "saved-model":
            from weigh.formats.saved_model import read_saved_model as read
        case "keras-metadata":
            from weigh.formats.saved_model import read_keras_metadata as read
        case "tensor-bundle":
            from weigh.formats.saved_model_variables import read_tensor_bundle as read
        case "tfjs":
            from weigh.formats.tfjs import read_tfjs as read
        case "skops":
            from weigh.formats.skops import read_skops as read
        case "nemo":
            from weigh.formats.nemo import read_nemo as read
        case "xgboost":
            from weigh.formats.xgboost import read_xgboost as read
        case "lightgbm":
            from weigh.formats.lightgbm import read_lightgbm as read
        case "catboost":
            from weigh.formats.catboost import read_catboost as read
        case "fasttext":
            from weigh.formats.fasttext import read_fasttext as read
        case "word2vec":
            from weigh.formats.word2vec import read_word2vec as read
        case "msgpack":
            from weigh.formats.msgpack import read_msgpack as read
        case "coreml":
            from weigh.formats.coreml import read_coreml as read
        case "openvino":
            from weigh.formats.openvino import read_openvino as read
        case "xml":
            from weigh.formats.xml import read_xml as read
        case "pmml":
            from weigh.formats.pmml import read_pmml as read
        case "python":
            from weigh.formats.python_source import read_python as read
        case "pyc":
            from weigh.formats.pyc import read_pyc as read
        case "path-file":
            from weigh.formats.path_file import read_path_file as read
        case "script":
            from weigh.formats.script import read_script as read
        case "notebook":
            from weigh.formats.notebook import read_notebook as read
        case "yaml":
            from weigh.formats.yaml_config import read_yaml as read
        case _:
            return None
    return read
