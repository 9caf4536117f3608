"""The small package behind the course: data, training loops and plots, short enough to read.

Import from its modules: `from d2lutils.data import take_batches`. Nothing is loaded until then.
"""

__version__ = "0.1.0"
