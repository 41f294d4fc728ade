"""The MATLAB face: the UFLDL softmax exercise as MATLAB has it, with what its scripts call.

Samples lie in **columns** (X is n × m), labels run from **1 to K**, theta is ``theta(:)`` of the n × (K-1) matrix,
column by column, the last class is fixed at zero and has no column, f is the plain sum over the samples, g is
column-major like theta. The rest of the workbench has samples in rows, any labels, and the mean.

Sources: exercise 1 of the UFLDL tutorial (ex1c_softmax, grad_check, …) and M. Schmidt's minFunc (2012), whose function
names are kept.
"""

from workbench.matlab.accuracy import binary_classifier_accuracy, multi_classifier_accuracy
from workbench.matlab.check import grad_check
from workbench.matlab.derivative_check import derivativeCheck, fastDerivativeCheck
from workbench.matlab.exercise import Examples, ex1c_data
from workbench.matlab.layout import pack, unpack
from workbench.matlab.minfunc_sgd import minFuncSGD
from workbench.matlab.mnist import load_mnist_images, load_mnist_labels
from workbench.matlab.softmax import softmax_regression_vec

__all__ = [
    "Examples",
    "binary_classifier_accuracy",
    "derivativeCheck",
    "ex1c_data",
    "fastDerivativeCheck",
    "grad_check",
    "load_mnist_images",
    "load_mnist_labels",
    "minFuncSGD",
    "multi_classifier_accuracy",
    "pack",
    "softmax_regression_vec",
    "unpack",
]
