"""The names of Keras' own classes and functions, and which of its modules only build models.

Source: the public names that Keras 3.15 registers (keras.io/api), with those of Keras 1 and 2 that stand in
HDF5 files. A class that a file gives without its module is looked up among these names alone.
"""

from enum import Enum

from weigh.formats.import_names import Standing, standing

_CLASSES_TEXT = """
AUC AUCCurve AUCSummationMethod AWQConfig AWQDTypePolicy Abs AbsMaxQuantizer Absolute AbstractRNNCell
Accuracy Activation ActivityRegularization Adadelta Adafactor Adagrad Adam AdamV2 AdamW Adamax
AdaptiveAveragePool AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
AdaptiveMaxPool AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add AddLoss AddMetric
AdditiveAttention AffineTransform All AllClose AlphaDropout Amax Amin Angle Any Append Arange Arccos Arccosh
Arcsin Arcsinh Arctan Arctan2 Arctanh Argmax Argmin Argpartition Argsort Array ArraySplit AssociativeScan
AtrousConvolution2D Attention AugMix AutoContrast Average AveragePool AveragePooling1D AveragePooling2D
AveragePooling3D AvgPool1D AvgPool2D AvgPool3D BaseAdaptiveAveragePooling BaseAdaptiveMaxPooling
BaseAdaptivePooling BaseConv BaseConvTranspose BaseDepthwiseConv BaseGlobalPooling
BaseImageAugmentationLayer BaseImagePreprocessingLayer BaseOptimizer BasePooling BaseRandomLayer
BaseSeparableConv BaseSpatialDropout BatchNorm BatchNormalization BatchNormalizationV1 BatchNormalizationV2
Bidirectional BinaryAccuracy BinaryCrossentropy BinaryFocalCrossentropy BinaryIoU Bincount BitwiseAnd
BitwiseInvert BitwiseLeftShift BitwiseNot BitwiseOr BitwiseRightShift BitwiseXor BoundingBox BroadcastTo
CDist CENTER_XYWH CTC CTCDecode CTCLoss CallContext CallSpec Cast CategoricalAccuracy
CategoricalCrossentropy CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy CategoricalHinge
CategoryCrossing CategoryEncoding Cbrt Ceil Celu CenterCrop Cholesky CholeskyInverse Circle ClassMethod Clip
CombinerPreprocessingLayer Concatenate ConcordanceCorrelation Cond ConfusionMatrix Conj Conjugate Constant
ConstantV2 Constraint Container ContrastLimitedAdaptiveHistogramEqualization Conv Conv1D Conv1DTranspose
Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM ConvLSTM1D ConvLSTM2D ConvLSTM3D ConvLSTMCell
ConvTranspose ConvertToTensor Convolution1D Convolution1DTranspose Convolution2D Convolution2DTranspose
Convolution3D Convolution3DTranspose Copy Corrcoef Correlate Cos Cosh CosineDecay CosineDecayRestarts
CosineProximity CosineSimilarity CountNonzero CropImages Cropping1D Cropping2D Cropping3D Cross CuDNNGRU
CuDNNLSTM Cumprod Cumsum CutMix DTypePolicy DTypePolicyMap DataLayer DataParallel Deg2rad Dense
DenseFeatures DepthToSpace DepthwiseConv DepthwiseConv1D DepthwiseConv2D Det DeviceMesh Diag Diagflat
Diagonal Dice Diff Digitize DirectoryIterator Discretization Divide DivideNoNan Dot DotProductAttention
Dropout DropoutRNNCell Dsplit Dstack DynamicLossScale ELU Eig Eigh Einsum EinsumDense ElasticTransform Elu
Embedding EmptyLike Equal Equalization Erf Erfc Erfinv Exp Exp2 ExpandDims ExperimentalRNN Expm1
ExponentialDecay ExtractPatches ExtractSequences F1Score FBetaScore FFT FFT2 Fabs FalseNegatives
FalsePositives Feature FeatureSpace FixedLossScale Flatten FlaxLayer Flip Fliplr Flipud
Float8QuantizationConfig FloatDTypePolicy Floor FloorDivide Fmax Fmin Fmod Fold ForiLoop Ftrl Full FullLike
Function Functional FunctionalPreprocessingStage GPTQConfig GPTQDTypePolicy GRU GRUCell GaussianBlur
GaussianDropout GaussianNoise Gcd Gelu Geomspace GetItem GlobalAveragePooling1D GlobalAveragePooling2D
GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D
GlobalMaxPool3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlorotNormal GlorotNormalV2
GlorotUniform GlorotUniformV2 Glu Greater GreaterEqual GroupNormalization GroupQueryAttention
GroupedQueryAttention HSVToRGB HardShrink HardSigmoid HardSilu HardTanh HashedCrossing Hashing HeNormal
HeUniform Heaviside Highway Hinge Histogram Hsplit Hstack Huber Hypot I0 IFFT2 IRFFT ISTFT Identity
IdentityInitializer Imag ImageDataGenerator InTopK IndexLookup Initializer Inner InputLayer InputSpec
InstanceMethod InstanceProperty Int4DTypePolicy Int4QuantizationConfig Int8QuantizationConfig IntegerLookup
Inv InverseTimeDecay IoU IsIn Isclose Isfinite Isinf Isnan Isneginf Isposinf Isreal Iterator JVP JaxLayer
KLDivergence KerasHistory KerasTensor Kernel Kron L1 L1L2 L2 LSTM LSTMCell Lamb Lambda Layer LayerNorm
LayerNormalization LayoutMap Lcm Ldexp LeakyReLU LeakyRelu LearningRateSchedule LecunNormal LecunUniform
LeftShift LegacyOptimizerWarning Less LessEqual LinearModel Linspace Lion LocallyConnected1D
LocallyConnected2D Log Log10 Log1p Log2 LogCosh LogCoshError LogSigmoid LogSoftmax Logaddexp Logaddexp2
Logdet LogicalAnd LogicalNot LogicalOr LogicalXor Logspace Logsumexp Loss LossFunctionWrapper
LossScaleOptimizer LossScaleOptimizerV1 Lstsq LuFactor Map MapCoordinates Masking Matmul MatrixRank Max
MaxNorm MaxNumBoundingBoxes MaxPool MaxPool1D MaxPool2D MaxPool3D MaxPooling1D MaxPooling2D MaxPooling3D
Maximum MaxoutDense Mean MeanAbsoluteError MeanAbsolutePercentageError MeanIoU MeanMetricWrapper
MeanSquaredError MeanSquaredLogarithmicError Median MelSpectrogram Merge Meshgrid Metric Min MinMaxNorm
Minimum MixUp Mod Model ModelParallel Moments Moveaxis MultiHeadAttention MultiHot MultiOptimizer Multiply
Muon Nadam NanToNum Nanargmax Nanargmin Nancumprod Nancumsum Nanmax Nanmean Nanmedian Nanmin Nanpercentile
Nanprod Nanquantile Nanstd Nansum Nanvar Ndim Negative Network Nextafter Node NoisyLinearCosineDecay
NonFusedAdam NonNeg Nonzero Norm Normalization NormalizationV1 Normalize NotEqual NumpyArrayIterator OneHot
OneHotIoU OneHotMeanIoU Ones OnesLike Operation Optimizer OptimizerMap Orthogonal OrthogonalInitializer
OrthogonalRegularizer Outer PReLU PSNR Pad PadImages PearsonCorrelation PeepholeLSTMCell Percentile Permute
PerspectiveTransform PiecewiseConstantDecay Pinv Pipeline Poisson Polar Policy PolicyV1 PolynomialDecay
Power Precision PrecisionAtRecall PreprocessingLayer PreprocessingStage Prod Ptp Qr Quantile
QuantizationConfig QuantizeLayer QuantizeWrapper QuantizedDTypePolicy QuantizedFloat8DTypePolicy Quantizer
R2Score REL_XYWH REL_XYXY REL_YXYX RFFT RGBToGrayscale RGBToHSV RMSNorm RMSNormalization RMSprop RNN Rad2deg
RadialConstraint RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast
RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomFourierFeatures RandomGaussianBlur
RandomGrayscale RandomHeight RandomHue RandomInvert RandomNormal RandomPerspective RandomPosterization
RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomUniform RandomWidth
RandomZoom Ravel ReLU Real Rearrange Recall RecallAtPrecision Reciprocal Reduction Regularizer Relu Relu6
RematScope Repeat RepeatVector Rescaling Reshape Resize Resizing ReversibleEmbedding RightShift Roll
RootMeanSquaredError Rot90 Round Rsqrt SGD SSIM STFT STFTInitializer STFTSpectrogram SVD SaturateCast
ScaleAndTranslate Scan Scatter ScatterUpdate ScheduleFreeAdamW SearchSorted SeedGenerator SegmentMax
SegmentMin SegmentProd SegmentReduction SegmentSum Select Selu SensitivityAtSpecificity
SensitivitySpecificityBase SeparableConv SeparableConv1D SeparableConv2D SeparableConvolution1D
SeparableConvolution2D SequenceFeatures Sequential Sigmoid Sign Signbit Silu SimpleRNN SimpleRNNCell Sin
Sinc Sinh Size Slice SliceUpdate SlicingOpLambda Slogdet SobelEdges SoftShrink Softmax Softplus Softsign
Solarization Solve SolveTriangular Sort SpaceToDepth SparseCategoricalAccuracy SparseCategoricalCrossentropy
SparsePlus SparseSigmoid SparseTopKCategoricalAccuracy Sparsemax SpatialDropout1D SpatialDropout2D
SpatialDropout3D SpecificityAtSensitivity SpectralNormalization Split Sqrt Square SquaredHinge Squareplus
Squeeze Stack StackedRNNCells StatelessScope Std StopGradient StringLookup Subtract Sum SumOverBatchSize
SumOverBatchSizeMetricWrapper Swapaxes Switch SymbolicArguments SymbolicScope SyncBatchNormalization
TFDConcat TFDIdentity TFOpLambda TFOptimizer TFSMLayer Take TakeAlongAxis Tan Tanh TanhShrink
TensorFlowOpLayer TensorLayout TensorShape Tensordot TextVectorization Threshold ThresholdedReLU Tile
TimeDistributed TimeseriesGenerator Tokenizer TopK TopKCategoricalAccuracy TorchModuleWrapper Trace
Transpose Trapezoid Tril Triu TrueDivide TrueNegatives TruePositives Trunc TruncatedNormal Tversky TypeSpec
Unfold Unique UnitNorm UnitNormalization UnravelIndex Unstack UpSampling1D UpSampling2D UpSampling3D V2
Vander Var Variable VarianceScaling Vdot VectorizedMap View ViewAsComplex ViewAsReal Vsplit Vstack Where
WhileLoop WideDeepModel Wrapper XYWH XYXY YXYX ZeroPadding1D ZeroPadding2D ZeroPadding3D Zeros ZerosLike
ZerosV2 constant glorot_normal glorot_uniform he_normal he_uniform identity l1 l1_l2 l2 lecun_normal
lecun_uniform max_norm min_max_norm name_scope non_neg ones orthogonal orthogonal_regularizer random_normal
random_uniform stft truncated_normal unit_norm variance_scaling zeros
"""
CLASSES = frozenset(_CLASSES_TEXT.split())
"""Classes of layers, models, optimisers, losses and so on."""

_FUNCTIONS_TEXT = """
KLD MAE MAPE MSE MSLE acc adadelta adagrad adam adamax bce binary_accuracy binary_crossentropy
binary_focal_crossentropy categorical_accuracy categorical_crossentropy categorical_focal_crossentropy
categorical_generalized_cross_entropy categorical_hinge ce celu circle concordance_correlation constant
cosine cosine_distance cosine_proximity cosine_similarity crossentropy ctc dice elu exponential ftrl gelu
glorot_normal glorot_uniform glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh he_normal
he_uniform hinge huber identity kl_divergence kld kldivergence kullback_leibler_divergence l1 l1_l2 l2
leaky_relu lecun_normal lecun_uniform linear log_cosh log_sigmoid log_softmax logcosh mae mape max_norm
maxnorm mean_absolute_error mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error
min_max_norm mish mse msle nadam non_neg nonneg normal one ones orthogonal pearson_correlation poisson
random_normal random_uniform relu relu6 rmse rmsprop selu sgd sigmoid silu soft_shrink softmax softplus
softsign sparse_categorical_accuracy sparse_categorical_crossentropy sparse_plus sparse_sigmoid
sparse_top_k_categorical_accuracy sparsemax squared_hinge squareplus swish tanh tanh_shrink threshold
top_k_categorical_accuracy truncated_normal tversky uniform unit_norm unitnorm variance_scaling zero zeros
"""
FUNCTIONS = frozenset(_FUNCTIONS_TEXT.split())
"""Activations, losses and metrics that a file names in words."""

_ROOTS = ("tensorflow.python.keras", "tensorflow.keras", "tf.keras", "tf_keras", "keras_core", "keras")
_FAMILY = frozenset({"keras_hub", "keras_nlp", "keras_cv", "keras_rs"})
"""Packages that Keras itself imports from when it loads a model (serialization_lib, Keras 3.9 and later)."""

_RUNNING_TEXT = """
utils saving config callbacks datasets export visualization tree backend preprocessing wrappers distribution
trainers testing
"""
_RUNNING = frozenset(_RUNNING_TEXT.split())
"""Modules of Keras that do more than build models."""
_PLAIN = frozenset(
    {"function", "dict", "list", "tuple", "set", "str", "int", "float", "bool", "slice", "NoneType"}
)


class Origin(Enum):
    """Where a name that a configuration gives comes from."""

    KERAS = "a class or function of Keras that builds models"
    GADGET = "a function of Keras that loads, fetches or unlocks"
    RUNS = "code outside Keras that runs, loads or fetches"
    CUSTOM = "code that is no part of Keras"


def class_origin(module: str | None, name: str) -> Origin:
    """Where a class comes from that a configuration names.

    Args:
        module: as the file writes it; None in files of Keras 1 and 2.
        name: of the class; hostile text.
    """
    if not module:
        if standing(name) is Standing.RUNS and "." in name:
            return Origin.RUNS
        return Origin.KERAS if name in CLASSES or name in FUNCTIONS else Origin.CUSTOM
    if module == "builtins":
        return Origin.KERAS if name in _PLAIN else Origin.RUNS
    inside = _inside_keras(module)
    if inside is None:
        whole = f"{module}.{name}"
        return Origin.RUNS if Standing.RUNS in {standing(module), standing(whole)} else Origin.CUSTOM
    if not name.isidentifier():
        return Origin.GADGET
    runs = not _RUNNING.isdisjoint(inside) and not _is_optimiser(inside)
    if name[:1].isupper() or (name[:1] == "_" and name[1:2].isupper()):
        return Origin.CUSTOM if runs and name not in _STORED else Origin.KERAS
    return Origin.GADGET if runs or name.startswith(_LOADING) or not inside else Origin.CUSTOM


def _is_optimiser(inside: tuple[str, ...]) -> bool:
    """Whether it holds optimisers of one backend, as `keras.src.backend.torch.optimizers.torch_adam`."""
    return len(inside) == 5 and inside[:2] == ("src", "backend") and inside[3] == "optimizers"


def function_origin(module: str | None, name: str) -> Origin:
    """Where a function comes from that a configuration names."""
    if not module or module == "builtins":
        if name in _RUNNING_BUILTINS:
            return Origin.RUNS
        return Origin.KERAS if name in FUNCTIONS or name in CLASSES else Origin.CUSTOM
    inside = _inside_keras(module)
    if inside is None:
        whole = f"{module}.{name}"
        return Origin.RUNS if Standing.RUNS in {standing(module), standing(whole)} else Origin.CUSTOM
    runs = not _RUNNING.isdisjoint(inside)
    return Origin.GADGET if runs or not name.isidentifier() or name.startswith(_LOADING) else Origin.KERAS


_LOADING = ("load", "save", "get_file", "deserialize", "model_from", "enable_", "clone_", "register_", "set_")
_STORED = frozenset({"FeatureSpace", "Feature", "Cross", "TrackedList", "TrackedDict", "TrackedSet"})
_RUNNING_BUILTINS = frozenset(
    {"eval", "exec", "compile", "open", "getattr", "setattr", "__import__", "input"}
)


def _inside_keras(module: str) -> tuple[str, ...] | None:
    """The parts of a module's name below Keras, or None for a module outside it."""
    for root in _ROOTS:
        if module == root or module.startswith(f"{root}."):
            return tuple(module[len(root) + 1 :].split(".")) if module != root else ("models",)
    parts = module.split(".")
    return (*parts[1:], "models") if parts[0] in _FAMILY else None
