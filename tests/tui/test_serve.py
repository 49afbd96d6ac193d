"""The interface in a browser, from the side of the wire: who is let in, what is sent, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import aiohttp
import jsonschema
import pytest
from served import ROOT, served

from personas.errors import InputError
from tui.cli.schema import load
from tui.serving.gate import Gate, check_loopback, is_loopback

COOKIE = re.compile(r"^(commonbond-\w+)=([\w-]+); HttpOnly; Path=/; SameSite=Strict$")


@pytest.fixture(scope="module")
def server(made):
    with served(made) as found:
        yield found


async def seen(ws, *wanted, seconds=30):
    """Return what was drawn until all of ``wanted`` stood in it, without the escape sequences."""
    text = ""
    async with asyncio.timeout(seconds):
        while not all(each in text for each in wanted):
            message = await ws.receive()
            assert message.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}, (message, text)
            if message.type == aiohttp.WSMsgType.BINARY:
                text += re.sub(r"\x1b(\[[0-9;?<>=$]*[a-zA-Z]|\][^\x07]*\x07)", "", message.data.decode())
    return text


def gone(number, seconds=10):
    deadline = time.time() + seconds
    while time.time() < deadline:
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


async def test_the_token_opens_the_page_and_is_exchanged_for_a_cookie_that_opens_the_rest(server):
    jsonschema.Draft202012Validator(load("serve")).validate(server.told)
    assert len(server.token) >= 43
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        async with client.get(server.url) as first:
            assert first.status == 200
            given = COOKIE.match(first.headers["Set-Cookie"])
            assert given and given[2] != server.token
            assert server.token not in await first.text()
        for path in ("/", "/static/js/textual.js", "/static/fonts/RobotoMono-VariableFont_wght.ttf"):
            async with client.get(server.root + path) as answer:
                assert answer.status == 200 and "Set-Cookie" not in answer.headers
        async with client.get(f"{server.root}/download/nothing") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    "path", ["/", "/ws", "/static/js/textual.js", "/static/", "/download/key", "/nowhere"]
)
@pytest.mark.parametrize("token", ["", "?token=", "?token=wrong", "?token=é"])
async def test_without_the_token_nothing_is_given(server, path, token):
    async with aiohttp.ClientSession() as client, client.get(f"{server.root}{path}{token}") as answer:
        assert answer.status == 403 and "Set-Cookie" not in answer.headers
        assert await answer.text() == (
            "Closed. Open the address that `commonbond serve` printed: the token in it opens this page.\n"
        )


async def test_a_wrong_cookie_opens_nothing(server):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        async with client.get(server.url) as first:
            name = COOKIE.match(first.headers["Set-Cookie"])[1]
        client.cookie_jar.clear()
        for value in ("", server.token, "wrong"):
            async with client.get(server.root, cookies={name: value}) as answer:
                assert answer.status == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "10.0.0.1", "[::", "", "localhost@evil"],
)
async def test_a_stranger_s_name_for_this_machine_is_refused_even_with_the_token(server, host):
    async with aiohttp.ClientSession() as client, client.get(server.url, headers={"Host": host}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9999", "[::1]:8000"])
async def test_any_loopback_name_is_known_so_that_a_tunnel_may_end_at_another_port(server, host):
    async with aiohttp.ClientSession() as client, client.get(server.url, headers={"Host": host}) as answer:
        assert answer.status == 200
        assert f'data-session-websocket-url="ws://{host}/ws"' in await answer.text()
        assert f"connect-src 'self' ws://{host};" in answer.headers["Content-Security-Policy"]


async def test_a_page_of_another_site_cannot_open_the_websocket(server):
    async with aiohttp.ClientSession() as client:
        url = f"{server.root}/ws?token={server.token}"
        for origin in ("http://evil.example", "https://127.0.0.1", "null", "http://localhost:1"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(url, headers={"Origin": origin})
            assert refused.value.status == 403
    assert not server.tabs()


async def test_the_page_fetches_nothing_from_the_network_and_may_not(server):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        async with client.get(server.url) as answer:
            page, headers = await answer.text(), answer.headers
        asked = re.findall(r"""(?:src|href)=["']([^"']+)|url\(["']?([^"')]+)""", page)
        paths = {left or right for left, right in asked} - {"data:,", "/"}
        assert len(paths) == 5
        for path in paths:
            async with client.get(server.root + path) as answer:
                assert answer.status == 200, path
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';") and "frame-ancestors 'none'" in policy
    assert (headers["X-Frame-Options"], headers["Referrer-Policy"]) == ("DENY", "no-referrer")
    assert headers["Cache-Control"] == "no-store"


async def test_a_tab_shows_the_interface_answers_keys_and_ends_with_its_connection(server):
    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(f"{server.root}/ws?token={server.token}&width=100&height=30") as ws:
            await seen(ws, "Tea and cats", "run1")
            (tab,) = server.tabs()
            await ws.send_json(["stdin", "?"])
            await seen(ws, "esc closes")
        assert gone(tab)
    assert server.process.poll() is None


async def test_leaving_the_interface_closes_its_tab(server):
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{server.root}/ws?token={server.token}") as ws,
    ):
        await seen(ws, "Tea and cats")
        (tab,) = server.tabs()
        await ws.send_json(["stdin", "q"])
        async with asyncio.timeout(10):
            while (await ws.receive()).type is not aiohttp.WSMsgType.CLOSE:
                pass
        assert gone(tab)


async def test_a_tab_whose_process_was_killed_is_closed(server):
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{server.root}/ws?token={server.token}") as ws,
    ):
        await seen(ws, "Tea and cats")
        os.kill(server.tabs()[0], signal.SIGKILL)
        async with asyncio.timeout(10):
            while (await ws.receive()).type is not aiohttp.WSMsgType.CLOSE:
                pass


@pytest.mark.parametrize("text", ["no json", "{}", "[]", '["stdin"]', '["stdin", 1]', '["resize", 3]'])
async def test_a_message_that_the_page_does_not_send_ends_that_tab_alone(server, text):
    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(f"{server.root}/ws?token={server.token}") as ws:
            await seen(ws, "Tea and cats")
            (tab,) = server.tabs()
            await ws.send_str(text)
            async with asyncio.timeout(10):
                while (await ws.receive()).type is not aiohttp.WSMsgType.CLOSE:
                    pass
            assert gone(tab)
        async with client.get(server.url) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_it_ends_at_a_signal_with_every_tab_and_says_so(made, number):
    with served(made) as server:
        async with aiohttp.ClientSession() as client:
            url = f"{server.root}/ws?token={server.token}"
            async with client.ws_connect(url) as one, client.ws_connect(url) as other:
                await seen(one, "Tea and cats")
                await seen(other, "Tea and cats")
                tabs = server.tabs()
                assert len(tabs) == 2
                code, said = await asyncio.to_thread(server.end, number)
    assert code == 0 and said.rstrip().endswith("no longer served") and "Traceback" not in said
    assert all(gone(tab, 0.1) for tab in tabs)


async def test_a_tab_that_hangs_is_ended_by_force(server):
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(
            f"{server.root}/ws?token={server.token}", timeout=aiohttp.ClientWSTimeout(ws_close=1)
        ) as ws,
    ):
        await seen(ws, "Tea and cats")
        (tab,) = server.tabs()
        os.kill(tab, signal.SIGSTOP)
    assert gone(tab)
    async with aiohttp.ClientSession() as client, client.get(server.url) as answer:
        assert answer.status == 200


async def test_tabs_end_by_themselves_when_the_server_is_killed(made):
    with served(made) as server:
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"{server.root}/ws?token={server.token}") as ws,
        ):
            await seen(ws, "Tea and cats")
            (tab,) = server.tabs()
            server.process.kill()
            assert gone(tab)


def _refused(*words):
    return subprocess.run(
        [sys.executable, "-m", "tui.cli.main", "serve", *words], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_an_address_that_others_reach_is_refused_with_the_way_round(host):
    with pytest.raises(InputError, match="can be reached from other machines.*ssh -L 8000:127.0.0.1:8000"):
        check_loopback(host)
    assert not is_loopback(host)


def test_what_cannot_be_served_is_said_before_anything_listens(made, tmp_path):
    done = _refused("--json", "--host", "0.0.0.0")
    assert done.returncode == 2 and json.loads(done.stdout)["error"]["where"] == "--host"
    done = _refused("--open", str(tmp_path / "nowhere"))
    assert done.returncode == 2 and "no such folder" in done.stderr
    assert "70000 is no port" in _refused("--port", "70000").stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = _refused("--open", str(made), "--port", str(taken.getsockname()[1]))
    assert (
        done.returncode == 2 and "nothing can listen on port" in done.stderr and "or 0 for any" in done.stderr
    )


def test_a_missing_package_is_named():
    code = "import sys; sys.modules['textual_serve'] = None; from tui.cli.main import main; sys.exit(main(['serve']))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 2
    assert "package textual_serve" in done.stderr and "pip install textual-serve" in done.stderr


def test_two_gates_have_nothing_in_common():
    one, other = Gate(), Gate()
    assert one.token != other.token and one.cookie != other.cookie
