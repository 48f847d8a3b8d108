from __future__ import annotations

import pytest
from hypothesis import settings

from live.parts import PageParts, in_ci
from ovlearn import GPT
from tests.lacking import Need, NotRun
from tests.language_model import lack_of_model, model
from tests.live.runtime import built
from tests.site.browser.wanting import lack
from tests.site.engines.finding import OF_FIREFOX, OF_WEBKIT, lack_of

# Speed is measured in tests/benchmarks: no test fails because its machine has more to do.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

NEEDS = (
    Need("browser", lack),
    Need("in_chromium", lack),
    Need("in_firefox", lambda: lack_of(OF_FIREFOX)),
    Need("in_webkit", lambda: lack_of(OF_WEBKIT)),
    Need("python_in_page", lambda: built().absent),
    Need("smollm2", lack_of_model),
)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(NotRun(NEEDS, failure=in_ci()))


@pytest.fixture(scope="session")
def python_in_page() -> PageParts:
    """Python for the page; the tests with it are not run where numpy's wheel cannot be had."""
    return built()


@pytest.fixture(scope="session")
def smollm2() -> GPT:
    """SmolLM2; the tests with it are not run where it cannot be had."""
    return model()
