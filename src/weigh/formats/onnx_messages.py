"""ONNX's messages as tables for the wire reader, and its element types.

Source: onnx/onnx-ml.proto, IR version 14 (ONNX 1.23). A field number that is missing here is either
newer than this table or was never ONNX; both are counted and make the reading partial.
"""

from types import MappingProxyType

from weigh.formats.wire import Table, Take

KNOWN_IR = 14
"""Newest IR version whose fields the tables below hold."""

KNOWN_OPSETS = MappingProxyType(
    {
        "": 28,
        "ai.onnx": 28,
        "ai.onnx.ml": 5,
        "ai.onnx.preview": 1,
        "ai.onnx.preview.training": 1,
        "com.microsoft": 1,
    }
)
"""Newest operator set version of each domain at the time of that IR version."""

MODEL: Table = {
    1: ("ir_version", Take.INT),
    2: ("producer_name", Take.TEXT),
    3: ("producer_version", Take.TEXT),
    4: ("domain", Take.TEXT),
    5: ("model_version", Take.INT),
    6: ("doc_string", Take.SKIP),
    7: ("graph", Take.SPAN),
    8: ("opset_import", Take.SPAN),
    14: ("metadata_props", Take.SPAN),
    20: ("training_info", Take.SPAN),
    25: ("functions", Take.SPAN),
    26: ("configuration", Take.SKIP),
}
TRAINING: Table = {
    1: ("graph", Take.SPAN),
    2: ("graph", Take.SPAN),
    3: ("initialization_binding", Take.SKIP),
    4: ("update_binding", Take.SKIP),
}
OPERATOR_SET: Table = {1: ("domain", Take.TEXT), 2: ("version", Take.INT)}
ENTRY: Table = {1: ("key", Take.TEXT), 2: ("value", Take.SPAN)}
GRAPH: Table = {
    1: ("node", Take.SPAN),
    2: ("name", Take.TEXT),
    5: ("initializer", Take.SPAN),
    10: ("doc_string", Take.SKIP),
    11: ("input", Take.SPAN),
    12: ("output", Take.SPAN),
    13: ("value_info", Take.SKIP),
    14: ("quantization_annotation", Take.SKIP),
    15: ("sparse_initializer", Take.SPAN),
    16: ("metadata_props", Take.SKIP),
}
FUNCTION: Table = {
    1: ("name", Take.TEXT),
    4: ("input", Take.SKIP),
    5: ("output", Take.SKIP),
    6: ("attribute", Take.SKIP),
    7: ("node", Take.SPAN),
    8: ("doc_string", Take.SKIP),
    9: ("opset_import", Take.SPAN),
    10: ("domain", Take.TEXT),
    11: ("attribute_proto", Take.SPAN),
    12: ("value_info", Take.SKIP),
    13: ("overload", Take.SKIP),
    14: ("metadata_props", Take.SKIP),
}
NODE: Table = {
    1: ("input", Take.SKIP),
    2: ("output", Take.TEXT),
    3: ("name", Take.TEXT),
    4: ("op_type", Take.TEXT),
    5: ("attribute", Take.SPAN),
    6: ("doc_string", Take.SKIP),
    7: ("domain", Take.TEXT),
    8: ("overload", Take.SKIP),
    9: ("metadata_props", Take.SKIP),
    10: ("device_configurations", Take.SKIP),
}
ATTRIBUTE: Table = {
    1: ("name", Take.TEXT),
    2: ("f", Take.FIXED32),
    3: ("i", Take.VARINTS),
    4: ("s", Take.BYTES),
    5: ("t", Take.SPAN),
    6: ("g", Take.SPAN),
    7: ("floats", Take.FIXED32),
    8: ("ints", Take.VARINTS),
    9: ("strings", Take.BYTES),
    10: ("tensors", Take.SPAN),
    11: ("graphs", Take.SPAN),
    13: ("doc_string", Take.SKIP),
    14: ("tp", Take.SKIP),
    15: ("type_protos", Take.SKIP),
    20: ("type", Take.SKIP),
    21: ("ref_attr_name", Take.SKIP),
    22: ("sparse_tensor", Take.SPAN),
    23: ("sparse_tensors", Take.SPAN),
}
TENSOR: Table = {
    1: ("dims", Take.INT),
    2: ("data_type", Take.INT),
    4: ("float_data", Take.FIXED32),
    5: ("int32_data", Take.VARINTS),
    6: ("string_data", Take.BYTES),
    7: ("int64_data", Take.VARINTS),
    8: ("name", Take.TEXT),
    9: ("raw_data", Take.SPAN),
    10: ("double_data", Take.FIXED64),
    11: ("uint64_data", Take.VARINTS),
    12: ("doc_string", Take.SKIP),
    13: ("external_data", Take.SPAN),
    14: ("data_location", Take.INT),
    16: ("metadata_props", Take.SKIP),
}
SPARSE: Table = {1: ("values", Take.SPAN), 2: ("indices", Take.SPAN), 3: ("dims", Take.INT)}
VALUE: Table = {
    1: ("name", Take.TEXT),
    2: ("type", Take.SPAN),
    3: ("doc_string", Take.SKIP),
    4: ("metadata_props", Take.SKIP),
}
TYPE: Table = {
    1: ("tensor", Take.SPAN),
    4: ("other", Take.SPAN),
    5: ("other", Take.SPAN),
    6: ("denotation", Take.SKIP),
    7: ("other", Take.SPAN),
    8: ("tensor", Take.SPAN),
    9: ("other", Take.SPAN),
}
TENSOR_TYPE: Table = {1: ("elem_type", Take.INT), 2: ("shape", Take.SPAN)}
SHAPE: Table = {1: ("dim", Take.SPAN)}
DIMENSION: Table = {1: ("value", Take.INT), 2: ("param", Take.TEXT), 3: ("denotation", Take.SKIP)}

DATA_FIELDS = ("float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")

ELEMENT_TYPES = MappingProxyType(
    {
        # data_type: (name in core's table, bits of an element in raw_data, typed field)
        1: ("F32", 32, "float_data"),
        2: ("U8", 8, "int32_data"),
        3: ("I8", 8, "int32_data"),
        4: ("U16", 16, "int32_data"),
        5: ("I16", 16, "int32_data"),
        6: ("I32", 32, "int32_data"),
        7: ("I64", 64, "int64_data"),
        8: ("STRING", 0, "string_data"),
        9: ("BOOL", 8, "int32_data"),
        10: ("F16", 16, "int32_data"),
        11: ("F64", 64, "double_data"),
        12: ("U32", 32, "uint64_data"),
        13: ("U64", 64, "uint64_data"),
        14: ("C64", 64, "float_data"),
        15: ("C128", 128, "double_data"),
        16: ("BF16", 16, "int32_data"),
        17: ("F8_E4M3", 8, "int32_data"),
        18: ("F8_E4M3FNUZ", 8, "int32_data"),
        19: ("F8_E5M2", 8, "int32_data"),
        20: ("F8_E5M2FNUZ", 8, "int32_data"),
        21: ("U4", 4, "int32_data"),
        22: ("I4", 4, "int32_data"),
        23: ("F4", 4, "int32_data"),
        24: ("F8_E8M0", 8, "int32_data"),
        25: ("UNKNOWN", 2, "int32_data"),
        26: ("UNKNOWN", 2, "int32_data"),
        27: ("F6_E2M3", 6, "int32_data"),
        28: ("F6_E3M2", 6, "int32_data"),
    }
)

PACKED_PER_NUMBER = MappingProxyType({21: 2, 22: 2, 23: 2, 25: 4, 26: 4})
"""Elements that share one number of int32_data; every other type has one an element."""

NUMBERS_PER_ELEMENT = MappingProxyType({14: 2, 15: 2})
"""Complex elements take two numbers, real and imaginary."""
