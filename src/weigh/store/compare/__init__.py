"""Two versions of a model held against each other: tensors by their values, other files by what they say."""
