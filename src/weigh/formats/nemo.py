"""NeMo: a tar of `model_config.yaml`, weights and artifacts.

Source: nemo/core/connectors/save_restore_connector.py. Every member is read by what it is; the configuration
is judged by `yaml_config`, because NeMo instantiates what its `_target_` names.
"""

from dataclasses import replace

from weigh.core.facts import FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import Descent

FORMAT = "nemo"
CONFIG = "model_config.yaml"


def read_nemo(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one `.nemo` file. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.
        descent: reads its members.
    """
    from weigh.formats.tar import read_tar

    return as_nemo(read_tar(reader, path, descent))


def as_nemo(facts: FileFacts) -> FileFacts:
    """The facts of a tar that is a NeMo model: the same, with what its configuration states."""
    config = next((m for m in facts.members if m.path.rpartition("/")[2] == CONFIG), None)
    if config is None:
        return facts
    return replace(facts, format=FORMAT, metadata=(*facts.metadata, *config.metadata))
