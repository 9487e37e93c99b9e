import pytest

from weigh.core.errors import UsageError
from weigh.core.licence import Use, check_uses, is_terms_name


def test_uses_come_sorted_and_each_once():
    assert check_uses(["medical", "commercial", "medical"]) == ("commercial", "medical")
    assert check_uses([]) == ()


@pytest.mark.parametrize("name", ["comercial", "", "Commercial", "commercial,medical"])
def test_an_unknown_use_is_an_error_that_lists_the_known_ones(name):
    with pytest.raises(UsageError) as told:
        check_uses([name])
    assert all(use.value in told.value.why for use in Use)


@pytest.mark.parametrize(
    "name",
    [
        *("LICENSE", "licence", "LICENSE.BSD", "LICENSE-MIT", "UNLICENSE", "COPYING.LIB", "NOTICE.txt"),
        *("MODEL_LICENSE", "model-license.md", "USE_POLICY.md", "acceptable-use-policy.pdf", "EULA.rtf"),
        *("prohibited_use_policy", "TERMS", "ThirdPartyNotices.txt", "third_party_notices", "LICENSING.md"),
        *(
            "LLAMA2_LICENSE",
            "Gemma-License.txt",
            "MODEL LICENSE.md",
            "LICENSE (1).txt",
            "llama_use_policy.md",
        ),
    ],
)
def test_names_of_files_that_hold_terms(name):
    assert is_terms_name(name)


@pytest.mark.parametrize(
    "name", ["licensed_model.bin", "NOTICEABLE", "model.bin", "my_license_plates.csv", "", "his_licence.jpg"]
)
def test_names_that_only_sound_like_it(name):
    assert not is_terms_name(name)
