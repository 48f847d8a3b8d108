"""Run in the page's Python, by tests: tries every way out of the worker, and notes how it went.

What can be had has "treasure" in it.
"""

import asyncio

import js
from pyodide.ffi import create_proxy, to_js

# The test puts in where the page comes from, and another origin that lets everybody read.
SITE, OTHER = "{site}", "{other}"

results, kept = {}, []
page = asyncio.get_event_loop()  # of the browser: what is tried goes on while no cell runs
_SECONDS = 5


def probe(function):
    name = function.__name__

    async def tried():
        try:
            got = await asyncio.wait_for(function(), _SECONDS)
            results[name] = f"got {got}"
        except BaseException as error:
            results[name] = f"refused: {type(error).__name__} {error}".splitlines()[0][:150]

    results[name] = "not finished"
    kept.append(asyncio.Task(tried(), loop=page))


def event(target, good, bad="error"):
    """The first of two events, as something to wait for."""
    future = asyncio.get_event_loop().create_future()

    def happened(found):
        if not future.done():
            failed = found.type == bad
            future.set_exception(OSError(f"{bad} event")) if failed else future.set_result(found)

    for name in (good, bad):
        target.addEventListener(name, create_proxy(happened))
    return future


def script(text):
    """The address of a script made here."""
    options = to_js({"type": "text/javascript"}, dict_converter=js.Object.fromEntries)
    return js.URL.createObjectURL(js.Blob.new(to_js([text]), options))


@probe
async def fetch_site():
    return await (await js.fetch(f"{SITE}/treasure")).text()


@probe
async def fetch_other():
    return await (await js.fetch(f"{OTHER}/treasure")).text()


@probe
async def fetch_without_answer():
    options = to_js({"mode": "no-cors", "method": "POST", "body": "x"}, dict_converter=js.Object.fromEntries)
    return (await js.fetch(f"{OTHER}/treasure", options)).type


@probe
async def fetch_data():
    return await (await js.fetch("data:text/plain,treasure")).text()


@probe
async def request_at_once():
    request = js.XMLHttpRequest.new()
    request.open("GET", f"{SITE}/treasure", False)
    request.send()
    return request.responseText


@probe
async def request_later():
    request = js.XMLHttpRequest.new()
    request.open("GET", f"{OTHER}/treasure")
    finished = event(request, "load")
    request.send()
    await finished
    return request.responseText


@probe
async def web_socket():
    await event(js.WebSocket.new(f"{OTHER.replace('http', 'ws')}/treasure"), "open")
    return "open"


@probe
async def event_source():
    return (await event(js.EventSource.new(f"{OTHER}/treasure.events"), "message")).data


@probe
async def import_scripts_site():
    js.importScripts(f"{SITE}/treasure.js")
    return js.treasure


@probe
async def import_scripts_other():
    js.importScripts(f"{OTHER}/treasure.js")
    return js.treasure


@probe
async def worker_by_address():
    return (await event(js.Worker.new(f"{SITE}/treasure.js"), "message")).data


@probe
async def worker_from_data():
    return (await event(js.Worker.new("data:text/javascript,postMessage('treasure')"), "message")).data


@probe
async def worker_from_blob_that_fetches():
    text = f"fetch('{OTHER}/treasure').then(a => a.text()).catch(e => `${{e}}`).then(t => postMessage(t))"
    return must_hold_treasure((await event(js.Worker.new(script(text)), "message")).data)


@probe
async def worker_from_blob_that_imports():
    text = f"import('{OTHER}/treasure.js').then(() => 'treasure', e => `${{e}}`).then(t => postMessage(t))"
    return must_hold_treasure((await event(js.Worker.new(script(text)), "message")).data)


def must_hold_treasure(text):
    if "treasure" not in text.replace("/treasure", ""):
        raise OSError(text)
    return text


@probe
async def font():
    await js.FontFace.new("x", f"url({OTHER}/treasure.woff2)").load()
    return "asked"


@probe
async def indexed_db():
    await event(js.indexedDB.open("x"), "success")
    return "open"


@probe
async def cache_storage():
    return await js.caches.open("x")


@probe
async def private_files():
    return await js.navigator.storage.getDirectory()


@probe
async def evaluated():
    return js.eval("'treasure'")


@probe
async def pyfetch():
    from pyodide.http import pyfetch

    return await (await pyfetch(f"{SITE}/treasure")).string()


@probe
async def open_url():
    from pyodide.http import open_url

    return open_url(f"{OTHER}/treasure").read()


@probe
async def socket():
    from socket import socket

    host, port = OTHER.removeprefix("http://").split(":")
    kept.append(open_socket := socket())
    open_socket.setblocking(False)
    open_socket.connect_ex((host, int(port)))
    await asyncio.sleep(1)
    return "asked"


@probe
async def package_loader():
    import pyodide_js

    await pyodide_js.loadPackage(f"{SITE}/treasure.whl")
    return "asked"


@probe
async def broadcast():
    js.BroadcastChannel.new("ovlearn").postMessage("treasure")
    return "sent"
