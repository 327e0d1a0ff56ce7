"""What is on the books of a call, as the tests compare it."""


def positive(usage):
    return {meter: quantity for meter, quantity in usage.items() if quantity != "0"}


def assert_weighed(event, case):
    """The record of a recorded answer says what is known of it: sums exactly, where it is certain."""
    if case["status"] == "error":
        assert (event["status"], event["usage"]) == ("upstream_error", {}), case["id"]
    elif case["status"] == "usage" and case["certain"]:
        assert event["status"] == "completed", case["id"]
        for meters, known in KNOWN.items():
            if case["tokens"][known] is not None:
                assert sum(int(event["usage"].get(meter, 0)) for meter in meters) == case["tokens"][known], (case["id"], known, event["usage"])
    elif case["status"] == "free":
        assert (event["usage"], event["charge"]["status"]) == ({}, "free"), case["id"]
    else:
        assert event["flags"], case["id"]


KNOWN = {
    ("input", "input_audio", "input_image", "input_video", "input_grounding"): "input_uncached",
    ("cache_read", "cache_read_audio", "cache_read_image", "cache_read_video"): "cache_read",
    ("cache_write_5m",): "cache_write_5m",
    ("cache_write_1h",): "cache_write_1h",
    ("cache_write", "cache_write_30m", "cache_write_12h"): "cache_write_other",
    ("output", "reasoning", "output_audio", "output_image", "output_video"): "output",
}


def recorded(stage, family, **wanted):
    """The recorded cases of a family; empty where there is no corpus."""
    cases = [case for case in stage.cases if case["id"].startswith(family + ".")]
    return [case for case in cases if all(case[key] == value for key, value in wanted.items())]
