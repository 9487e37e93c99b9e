"""The messages of CoreML's protobuf files, as tables of fields.

Source: apple/coremltools, mlmodel/format/*.proto (Model, NeuralNetwork, MIL, CustomModel, LinkedModel).
"""

from weigh.formats.wire import Table, Take

MODEL: Table = {
    1: ("version", Take.INT), 2: ("description", Take.SPAN), 10: ("updatable", Take.INT),
    200: ("pipelineClassifier", Take.SPAN), 201: ("pipelineRegressor", Take.SPAN),
    202: ("pipeline", Take.SPAN), 300: ("glmRegressor", Take.SPAN),
    301: ("supportVectorRegressor", Take.SPAN),
    302: ("treeEnsembleRegressor", Take.SPAN), 303: ("neuralNetworkRegressor", Take.SPAN),
    304: ("bayesianProbitRegressor", Take.SPAN), 400: ("glmClassifier", Take.SPAN),
    401: ("supportVectorClassifier", Take.SPAN), 402: ("treeEnsembleClassifier", Take.SPAN),
    403: ("neuralNetworkClassifier", Take.SPAN), 404: ("kNearestNeighborsClassifier", Take.SPAN),
    500: ("neuralNetwork", Take.SPAN), 501: ("itemSimilarityRecommender", Take.SPAN),
    502: ("mlProgram", Take.SPAN), 555: ("customModel", Take.SPAN), 556: ("linkedModel", Take.SPAN),
    560: ("classConfidenceThresholding", Take.SPAN), 600: ("oneHotEncoder", Take.SPAN),
    601: ("imputer", Take.SPAN), 602: ("featureVectorizer", Take.SPAN), 603: ("dictVectorizer", Take.SPAN),
    604: ("scaler", Take.SPAN), 606: ("categoricalMapping", Take.SPAN), 607: ("normalizer", Take.SPAN),
    609: ("arrayFeatureExtractor", Take.SPAN), 610: ("nonMaximumSuppression", Take.SPAN),
    900: ("identity", Take.SPAN), 2000: ("textClassifier", Take.SPAN), 2001: ("wordTagger", Take.SPAN),
    2002: ("visionFeaturePrint", Take.SPAN), 2003: ("soundAnalysisPreprocessing", Take.SPAN),
    2004: ("gazetteer", Take.SPAN), 2005: ("wordEmbedding", Take.SPAN),
    2006: ("audioFeaturePrint", Take.SPAN),
    3000: ("serializedModel", Take.SPAN),
}  # fmt: skip
DESCRIPTION: Table = {
    1: ("input", Take.SPAN), 10: ("output", Take.SPAN), 11: ("label", Take.SKIP),
    12: ("probabilities", Take.SKIP), 13: ("state", Take.SKIP), 20: ("functions", Take.SKIP),
    21: ("defaultFunction", Take.SKIP), 50: ("training", Take.SKIP), 100: ("metadata", Take.SPAN),
}  # fmt: skip
METADATA: Table = {
    1: ("description", Take.TEXT), 2: ("version", Take.TEXT), 3: ("author", Take.TEXT),
    4: ("license", Take.TEXT), 100: ("user", Take.SPAN),
}  # fmt: skip
PAIR_OF_TEXT: Table = {1: ("key", Take.TEXT), 2: ("value", Take.TEXT)}
FEATURE: Table = {1: ("name", Take.TEXT), 2: ("about", Take.SKIP), 3: ("type", Take.SPAN)}
FEATURE_TYPE: Table = {
    1: ("int64", Take.SKIP), 2: ("double", Take.SKIP), 3: ("string", Take.SKIP), 4: ("image", Take.SKIP),
    5: ("array", Take.SPAN), 6: ("dictionary", Take.SKIP), 7: ("sequence", Take.SKIP),
    8: ("state", Take.SKIP), 1000: ("optional", Take.SKIP),
}  # fmt: skip
ARRAY_TYPE: Table = {
    1: ("shape", Take.INT), 2: ("type", Take.INT), 21: ("shapes", Take.SKIP), 31: ("range", Take.SKIP),
    41: ("whole", Take.SKIP), 51: ("single", Take.SKIP), 61: ("double", Take.SKIP),
}  # fmt: skip
PIPELINE: Table = {1: ("model", Take.SPAN), 2: ("name", Take.TEXT)}
WRAPPED_PIPELINE: Table = {1: ("pipeline", Take.SPAN)}
CUSTOM: Table = {
    10: ("name", Take.TEXT),
    20: ("weights", Take.SKIP),
    30: ("parameters", Take.SKIP),
    40: ("about", Take.TEXT),
}
LINKED: Table = {1: ("file", Take.SPAN)}
LINKED_FILE: Table = {1: ("name", Take.SPAN), 2: ("search", Take.SPAN)}
TEXT_PARAMETER: Table = {1: ("default", Take.TEXT)}

NETWORK: Table = {
    1: ("layer", Take.SPAN), 2: ("preprocessing", Take.SKIP), 5: ("arrays", Take.SKIP),
    6: ("images", Take.SKIP), 10: ("update", Take.SKIP), 100: ("labels", Take.SKIP),
    101: ("numbers", Take.SKIP), 200: ("probability", Take.SKIP),
}  # fmt: skip
_OTHER_LAYERS = (
    120, 130, 165, 170, 175, 180, 190, 200, 210, 211, 212, 220, 230, 231, 240, 260, 261, 270, 280,
    300, 301, 310, 320, 330, 340, 345, 350, 600, 620, 625, 635, 640, 660, 665, 670, 680, 685, 700,
    710, 715, 720, 730, 735, 740, 750, 755, 760, 770, 775, 780, 790, 795, 815, 820, 825, 827, 830,
    832, 840, 845, 850, 855, 865, 870, 875, 880, 885, 890, 895, 900, 905, 920, 925, 930, 935, 940,
    945, 950, 952, 954, 960, 965, 975, 980, 985, 995, 1000, 1005, 1015, 1020, 1025, 1065, 1080,
    1085, 1090, 1100, 1105, 1110, 1120, 1125, 1130, 1135, 1140, 1145, 1150, 1155, 1170, 1175, 1180,
    1190, 1195, 1200, 1210, 1215, 1220, 1230, 1250, 1255, 1260, 1265, 1270, 1275, 1280, 1285, 1290,
    1295, 1313, 1315, 1320, 1325, 1330, 1400, 1450, 1455, 1460, 1461, 1465, 1466, 1470,
)  # fmt: skip
"""Layers without weights of their own."""
LAYER: Table = {
    1: ("name", Take.TEXT), 2: ("input", Take.SKIP), 3: ("output", Take.SKIP), 4: ("in", Take.SKIP),
    5: ("out", Take.SKIP), 10: ("updatable", Take.SKIP), 500: ("custom", Take.SPAN),
    100: ("convolution", Take.SPAN), 140: ("innerProduct", Take.SPAN), 150: ("embedding", Take.SPAN),
    160: ("batchnorm", Take.SPAN), 245: ("scale", Take.SPAN), 250: ("bias", Take.SPAN),
    290: ("loadConstant", Take.SPAN), 400: ("simpleRecurrent", Take.SPAN), 410: ("gru", Take.SPAN),
    420: ("uniDirectionalLSTM", Take.SPAN), 430: ("biDirectionalLSTM", Take.SPAN),
    1040: ("embeddingND", Take.SPAN), 1045: ("batchedMatmul", Take.SPAN), 1070: ("loadConstantND", Take.SPAN),
    1350: ("layerNormalization", Take.SPAN), 1471: ("convolution3d", Take.SPAN),
    605: ("branch", Take.SPAN), 615: ("loop", Take.SPAN),
    **dict.fromkeys(_OTHER_LAYERS, ("layer", Take.SPAN)),
}  # fmt: skip
WEIGHT_FIELDS: dict[str, dict[int, str]] = {
    "convolution": {90: "weights", 91: "bias"},
    "innerProduct": {20: "weights", 21: "bias"},
    "embedding": {20: "weights", 21: "bias"},
    "embeddingND": {20: "weights", 21: "bias"},
    "batchnorm": {15: "gamma", 16: "beta", 17: "mean", 18: "variance"},
    "scale": {2: "scale", 5: "bias"},
    "bias": {2: "bias"},
    "loadConstant": {2: "data"},
    "loadConstantND": {2: "data"},
    "batchedMatmul": {8: "weights", 9: "bias"},
    "layerNormalization": {3: "gamma", 4: "beta"},
    "convolution3d": {60: "weights", 61: "bias"},
    "simpleRecurrent": {30: "weights", 31: "recursion", 32: "bias"},
    "gru": {
        30: "update.weights",
        31: "reset.weights",
        32: "output.weights",
        50: "update.recursion",
        51: "reset.recursion",
        52: "output.recursion",
        70: "update.bias",
        71: "reset.bias",
        72: "output.bias",
    },
}
"""Layer → fields that hold weights. Those of LSTM layers lie one message deeper: see LSTM_WEIGHTS."""
LSTM: Table = {20: ("weights", Take.SPAN)}
LSTM_WEIGHTS = {
    1: "input.weights",
    2: "forget.weights",
    3: "block.weights",
    4: "output.weights",
    20: "input.recursion",
    21: "forget.recursion",
    22: "block.recursion",
    23: "output.recursion",
    40: "input.bias",
    41: "forget.bias",
    42: "block.bias",
    43: "output.bias",
    60: "input.peephole",
    61: "forget.peephole",
    62: "output.peephole",
}
WEIGHTS: Table = {
    1: ("F32", Take.FIXED32), 2: ("F16", Take.SPAN), 30: ("raw", Take.SPAN), 31: ("I8", Take.SPAN),
    40: ("quantised", Take.SPAN), 50: ("updatable", Take.SKIP),
}  # fmt: skip
BRANCH: Table = {1: ("network", Take.SPAN), 2: ("network", Take.SPAN)}
LOOP: Table = {
    1: ("most", Take.SKIP), 2: ("variable", Take.SKIP), 3: ("network", Take.SPAN),
    4: ("network", Take.SPAN),
}  # fmt: skip

PROGRAM: Table = {
    1: ("version", Take.SKIP),
    2: ("function", Take.SPAN),
    3: ("doc", Take.SKIP),
    4: ("attribute", Take.SPAN),
}
ENTRY: Table = {1: ("key", Take.TEXT), 2: ("value", Take.SPAN)}
FUNCTION: Table = {
    1: ("input", Take.SKIP),
    2: ("opset", Take.TEXT),
    3: ("block", Take.SPAN),
    4: ("attribute", Take.SPAN),
}
BLOCK: Table = {
    1: ("input", Take.SKIP),
    2: ("output", Take.SKIP),
    3: ("operation", Take.SPAN),
    4: ("attribute", Take.SPAN),
}
OPERATION: Table = {
    1: ("type", Take.TEXT), 2: ("input", Take.SPAN), 3: ("output", Take.SPAN), 4: ("block", Take.SPAN),
    5: ("attribute", Take.SPAN),
}  # fmt: skip
ARGUMENT: Table = {1: ("binding", Take.SPAN)}
BINDING: Table = {1: ("name", Take.SKIP), 2: ("value", Take.SPAN)}
NAMED_TYPE: Table = {1: ("name", Take.TEXT), 2: ("type", Take.SKIP)}
VALUE: Table = {
    1: ("doc", Take.SKIP),
    2: ("type", Take.SPAN),
    3: ("immediate", Take.SPAN),
    5: ("blob", Take.SPAN),
}
BLOB: Table = {1: ("file", Take.TEXT), 2: ("offset", Take.INT)}
VALUE_TYPE: Table = {
    1: ("tensor", Take.SPAN), 2: ("list", Take.SKIP), 3: ("tuple", Take.SKIP), 4: ("dictionary", Take.SKIP),
    5: ("state", Take.SKIP),
}  # fmt: skip
TENSOR_TYPE: Table = {
    1: ("type", Take.INT),
    2: ("rank", Take.SKIP),
    3: ("dimension", Take.SPAN),
    4: ("attribute", Take.SKIP),
}
DIMENSION: Table = {1: ("constant", Take.SPAN), 2: ("unknown", Take.SKIP)}
CONSTANT: Table = {1: ("size", Take.INT)}
IMMEDIATE: Table = {
    1: ("tensor", Take.SPAN),
    2: ("tuple", Take.SKIP),
    3: ("list", Take.SKIP),
    4: ("dictionary", Take.SKIP),
}

MIL_DTYPES = {
    1: "BOOL", 2: "STRING", 10: "F16", 11: "F32", 12: "F64", 13: "BF16", 21: "I8", 22: "I16", 23: "I32",
    24: "I64", 25: "I4", 31: "U8", 32: "U16", 33: "U32", 34: "U64", 35: "U4", 40: "F8_E4M3", 41: "F8_E5M2",
}  # fmt: skip
ARRAY_DTYPES = {65568: "F32", 65600: "F64", 131104: "I32", 65552: "F16", 131080: "I8"}
