import numpy as np
from hypothesis import given, settings, strategies as st

from weigh.core.measure import Direction
from weigh.runtimes.readings import quantile, readings


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0, 1))
def test_a_quantile_is_numpys(values, fraction):
    np.testing.assert_allclose(
        quantile(values, fraction), np.quantile(values, fraction), rtol=1e-9, atol=1e-9
    )


def test_memory_that_was_not_told_is_no_value():
    found = {
        m.name: m
        for m in readings(
            load_seconds=1, start_seconds=2, peak_bytes=0, single_seconds=[0.01, 0.02], together_seconds=0.01
        )
    }
    assert found["peak_memory"].value is None
    assert found["throughput"].value == 200
    assert found["throughput"].direction is Direction.HIGHER
    assert (found["latency_p50"].value, found["latency_p50"].unit) == (15, "ms")
