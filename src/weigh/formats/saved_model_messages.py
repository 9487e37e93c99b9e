"""The protobuf messages of a SavedModel: which fields are read, and how.

Source: tensorflow/core/protobuf/{saved_model,meta_graph,saver,saved_object_graph,tensor_bundle}.proto and
tensorflow/core/framework/{graph,function,node_def,attr_value,tensor,tensor_shape,types}.proto;
tensorflow/python/keras/protobuf/saved_metadata.proto.
"""

from weigh.formats.wire import Table, Take

SAVED_MODEL: Table = {1: ("schema", Take.INT), 2: ("meta_graph", Take.SPAN)}
META_GRAPH: Table = {
    1: ("info", Take.SPAN),
    2: ("graph", Take.SPAN),
    3: ("saver", Take.SPAN),
    4: ("collection", Take.SKIP),
    5: ("signature", Take.SPAN),
    6: ("asset", Take.SPAN),
    7: ("objects", Take.SPAN),
}
INFO: Table = {4: ("tag", Take.TEXT), 5: ("version", Take.TEXT)}
SAVER: Table = {1: ("filename", Take.TEXT)}
ASSET: Table = {1: ("tensor", Take.SPAN), 2: ("filename", Take.TEXT)}
GRAPH: Table = {1: ("node", Take.SPAN), 2: ("library", Take.SPAN)}
LIBRARY: Table = {1: ("function", Take.SPAN)}
FUNCTION: Table = {1: ("signature", Take.SPAN), 3: ("node", Take.SPAN)}
OP_DEF: Table = {1: ("name", Take.TEXT)}
NODE: Table = {
    1: ("name", Take.TEXT),
    2: ("op", Take.TEXT),
    3: ("input", Take.TEXT),
    5: ("attr", Take.SPAN),
}
NODE_OP: Table = {2: ("op", Take.TEXT)}
ENTRY: Table = {1: ("key", Take.TEXT), 2: ("value", Take.SPAN)}
ATTR: Table = {1: ("list", Take.SPAN), 2: ("s", Take.SPAN), 8: ("tensor", Take.SPAN), 10: ("func", Take.SPAN)}
ATTR_LIST: Table = {2: ("s", Take.SPAN)}
FUNC: Table = {1: ("name", Take.TEXT)}
TENSOR: Table = {1: ("dtype", Take.INT), 8: ("string", Take.SPAN)}
OBJECTS: Table = {1: ("node", Take.SPAN)}
OBJECT: Table = {4: ("user", Take.SPAN), 7: ("variable", Take.SKIP)}
USER_OBJECT: Table = {1: ("identifier", Take.TEXT), 3: ("metadata", Take.SPAN)}
SIGNATURE: Table = {1: ("input", Take.SPAN), 2: ("output", Take.SPAN), 3: ("method", Take.TEXT)}
TENSOR_INFO: Table = {1: ("name", Take.TEXT), 2: ("dtype", Take.INT), 3: ("shape", Take.SPAN)}
SHAPE: Table = {2: ("dim", Take.SPAN), 3: ("unknown", Take.INT)}
DIM: Table = {1: ("size", Take.INT), 2: ("name", Take.TEXT)}
KERAS_METADATA: Table = {1: ("node", Take.SPAN)}
KERAS_NODE: Table = {3: ("path", Take.TEXT), 4: ("identifier", Take.TEXT), 5: ("metadata", Take.SPAN)}
BUNDLE_HEADER: Table = {1: ("shards", Take.INT), 2: ("endian", Take.INT), 3: ("version", Take.SPAN)}
BUNDLE_ENTRY: Table = {
    1: ("dtype", Take.INT),
    2: ("shape", Take.SPAN),
    3: ("shard", Take.INT),
    4: ("offset", Take.INT),
    5: ("size", Take.INT),
    6: ("crc", Take.FIXED32),
    7: ("slice", Take.SPAN),
}

DTYPES = {
    1: "F32", 2: "F64", 3: "I32", 4: "U8", 5: "I16", 6: "I8", 7: "STRING", 8: "C64", 9: "I64", 10: "BOOL",
    11: "I8", 12: "U8", 13: "I32", 14: "BF16", 15: "I16", 16: "U16", 17: "U16", 18: "C128", 19: "F16",
    22: "U32", 23: "U64", 24: "F8_E5M2", 25: "F8_E4M3", 29: "I4", 30: "U4",
}  # fmt: skip
"""DataType numbers; the quantised ones by the integer they are held in."""
STRING = 7
