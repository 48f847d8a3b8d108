"""WebKitGTK, the nearest to Safari that runs here: MiniBrowser on a screen of its own, driven by selenium."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import ActionChains, Keys, Remote
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.site.engines.engine import Engine
from tests.site.engines.finding import MINI_BROWSER, WEBKIT, XVFB

_ENVIRONMENT = {
    # its own sandbox needs rights that a container does not give; it sees nothing but this site
    "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
    # its last compiler takes longer than it gains in so short a session: a lesson took 35 s, and so 12 s
    "JSC_useOMGJIT": "0",
    "NO_AT_BRIDGE": "1",  # there is no bus
}


class WebKit:
    name = "WebKit"

    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver

    def go(self, address: str) -> None:
        self._driver.get(address)

    def evaluate(self, expression: str) -> Any:
        return self._driver.execute_script(f"return ({expression}\n)")

    def point(self, x: float, y: float) -> None:
        self._pointed(x, y).perform()

    def click(self, x: float, y: float) -> None:
        actions = self._pointed(x, y)
        actions.pointer_action.pointer_down().pointer_up()
        actions.perform()

    def _pointed(self, x: float, y: float) -> ActionBuilder:
        actions = ActionBuilder(self._driver, duration=0)
        actions.pointer_action.move_to_location(round(x), round(y))
        return actions

    def press(self, key: str) -> None:
        *held, last = (_key(each) for each in key.split("+"))
        actions = ActionChains(self._driver, duration=0)
        for each in held:
            actions.key_down(each)
        actions.send_keys(last)
        for each in reversed(held):
            actions.key_up(each)
        actions.perform()

    def text(self, words: str) -> None:
        ActionChains(self._driver, duration=0).send_keys(words).perform()

    def errors(self) -> list[str]:
        return []  # the driver has no console: what the page says itself must do


def _key(name: str) -> str:
    """A key as selenium names it: `ArrowRight` is ARROW_RIGHT, and a letter is itself."""
    return name if len(name) == 1 else str(getattr(Keys, re.sub("(?<=[a-z])(?=[A-Z])", "_", name).upper()))


@contextmanager
def screen() -> Iterator[str]:
    """A screen that nobody sees, by its name."""
    read, write = os.pipe()
    command = [XVFB.needed(), "-displayfd", str(write), "-screen", "0", "1500x1020x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server, open(read) as said:
        os.close(write)
        try:
            yield f":{said.readline().strip()}"
        finally:
            server.terminate()


@contextmanager
def undriven(proxy: int, address: str, home: Path) -> Iterator[None]:
    """Start it as a reader does, in a home of its own: in a driven session, no store outlives its page."""
    places = {f"XDG_{name}_HOME": str(home / name) for name in ("DATA", "CACHE", "CONFIG")}
    with screen() as display:
        environment = {**os.environ, **_ENVIRONMENT, **places, "DISPLAY": display}
        command = [MINI_BROWSER.needed(), f"--proxy=http://127.0.0.1:{proxy}", address]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as browser:
            try:
                yield
            finally:
                browser.terminate()


@contextmanager
def webkit(proxy: int) -> Iterator[Engine]:
    """Start it, with all that it asks for going to this port."""
    options = Options()
    options.binary_location = MINI_BROWSER.needed()
    for argument in ("--automation", "--private", f"--proxy=http://127.0.0.1:{proxy}"):
        options.add_argument(argument)
    with screen() as display:
        service = Service(WEBKIT.needed(), env={**os.environ, **_ENVIRONMENT, "DISPLAY": display})
        service.start()
        # what selenium makes of an address by itself warns of itself
        connection = RemoteConnection(client_config=ClientConfig(service.service_url))
        driver = Remote(connection, options=options)
        try:
            driver.set_window_size(1280, 940)
            yield WebKit(driver)
        finally:
            driver.quit()
            service.stop()
