"""OpenTelemetry: spans that a real HTTP server gets, held against the shapes of OTLP in JSON."""

import json
import re
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mail import SENDER, message
from peers.netns import wait_until
from sink import Sink
from talk import Talk

pytestmark = pytest.mark.sanitized


class Collector:
    """Keeps what it is sent; `answers` are used up one by one: (status, headers), or a number of
    seconds to wait before 200."""

    def __init__(self, port: int = 0):
        self.requests: list[tuple[dict, dict]] = []
        self.answers: list[tuple[int, dict] | float] = []
        self.body = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"]))
                answer = outer.answers.pop(0) if outer.answers else (200, {})
                if isinstance(answer, float):
                    time.sleep(answer)
                    answer = (200, {})
                status, headers = answer
                outer.requests.append((dict(self.headers, path=self.path, status=str(status)),
                                       json.loads(text)))
                out = json.dumps(outer.body).encode()
                try:
                    self.send_response(status)
                    for name, value in {"Content-Type": "application/json", **headers}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(out)))
                    self.end_headers()
                    self.wfile.write(out)
                except OSError:
                    pass  # it did not wait for us

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def spans(self, taken_only: bool = True) -> list[dict]:
        return [span for headers, request in self.requests
                if headers["status"] == "200" or not taken_only
                for resource in request["resourceSpans"]
                for scope in resource["scopeSpans"] for span in scope["spans"]]


def attributes(one: dict) -> dict[str, str | int]:
    out = {}
    for item in one.get("attributes", []):
        assert set(item) == {"key", "value"} and len(item["value"]) == 1, item
        ((kind, value),) = item["value"].items()
        assert kind in {"stringValue", "intValue"} and isinstance(value, str), item
        out[item["key"]] = int(value) if kind == "intValue" else value
    return out


KEYS = {"traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano",
        "endTimeUnixNano", "attributes", "events", "links", "status"}


def validate(request: dict) -> None:
    """ExportTraceServiceRequest of opentelemetry-proto 1.x, in Protobuf's JSON mapping."""
    assert set(request) == {"resourceSpans"}
    for resource in request["resourceSpans"]:
        assert set(resource) == {"resource", "scopeSpans"}
        about = attributes(resource["resource"])
        assert about["service.name"] and about["service.version"] and about["host.name"]
        for scope in resource["scopeSpans"]:
            assert set(scope) == {"scope", "spans"} and scope["scope"]["name"] == "stagepost"
            for span in scope["spans"]:
                validate_span(span)


def validate_span(span: dict) -> None:
    assert set(span) <= KEYS, set(span) - KEYS
    assert re.fullmatch(r"[0-9a-f]{32}", span["traceId"]) and int(span["traceId"], 16)
    assert re.fullmatch(r"[0-9a-f]{16}", span["spanId"]) and int(span["spanId"], 16)
    assert re.fullmatch(r"[0-9a-f]{16}", span.get("parentSpanId", "0" * 16))
    assert isinstance(span["name"], str) and span["name"]
    assert span["kind"] in {1, 2, 3}
    for key in ("startTimeUnixNano", "endTimeUnixNano"):
        assert isinstance(span[key], str) and re.fullmatch(r"\d{19}", span[key]), span
    assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), span
    attributes(span)
    for event in span.get("events", []):
        assert set(event) <= {"timeUnixNano", "name", "attributes"}
        assert re.fullmatch(r"\d{19}", event["timeUnixNano"])
        attributes(event)
    status = span.get("status", {"code": 1})
    assert set(status) <= {"code", "message"} and status["code"] in {1, 2}


def assert_whole(spans: list[dict]) -> None:
    """No id twice, no orphan, children of the same trace, one root."""
    ids = [span["spanId"] for span in spans]
    assert len(set(ids)) == len(ids)
    by_id = {span["spanId"]: span for span in spans}
    for span in spans:
        if "parentSpanId" in span:
            assert by_id[span["parentSpanId"]]["traceId"] == span["traceId"], span
    for trace in {span["traceId"] for span in spans}:
        roots = [span for span in spans if span["traceId"] == trace and "parentSpanId" not in span]
        assert len(roots) == 1, roots


@pytest.fixture(name="collector")
def make_collector():
    with Collector() as collector:
        yield collector


def start(new_server, collector: Collector, **otel):
    server = new_server()
    server.set("otel", endpoint=f"http://127.0.0.1:{collector.port}", **otel)
    return server


def send(server, *recipients: str, sender: str = SENDER, text: bytes | None = None) -> str:
    with Talk("127.0.0.1", server.ports["smtp"]) as talk:
        code, said = talk.mail(sender, list(recipients), text or message("hello"))
    assert code == 250, said
    return re.search(r"Message (\w{13})", said).group(1)


def of_message(collector: Collector, ident: str) -> list[dict]:
    return [span for span in collector.spans()
            if attributes(span).get("messaging.message.id") == ident]


def names(spans: list[dict]) -> list[str]:
    return sorted(span["name"] for span in spans)


def measured(server, name: str) -> int:
    url = f"http://127.0.0.1:{server.ports['http']}/metrics"
    with urllib.request.urlopen(url, timeout=20) as answer:
        return int(re.search(rf"^{name} (\d+)$", answer.read().decode(), re.MULTILINE).group(1))


def test_a_message_is_a_trace(new_server, collector):
    server = start(new_server, collector, headers=["Authorization: Bearer 123"],
                   service_name="post")
    server.start()
    ident = send(server, server.user)
    server.wait_for_mail()
    wanted = ["delivery attempt", "queue", "smtp commit", "smtp data", "smtp envelope",
              "smtp policy", "smtp receive"]
    wait_until("its spans", lambda: names(of_message(collector, ident)) == wanted, 20)
    for headers, request in collector.requests:
        validate(request)
        assert headers["path"] == "/v1/traces"
        assert headers["Content-Type"] == "application/json"
        assert headers["Authorization"] == "Bearer 123"
        resource = attributes(request["resourceSpans"][0]["resource"])
        assert resource["service.name"] == "post"
    spans = of_message(collector, ident)
    assert_whole(spans)
    by_name = {span["name"]: span for span in spans}
    root = by_name["smtp receive"]
    about = attributes(root)
    assert about["client.address"] == "127.0.0.1" and about["network.protocol.name"] == "smtp"
    assert about["messaging.message.envelope.size"] > 100
    assert root["kind"] == 2 and root["status"]["code"] == 1
    # The parts follow each other and lie within the root.
    order = [by_name[f"smtp {part}"] for part in ("envelope", "data", "policy", "commit")]
    for before, after in zip(order, order[1:], strict=False):
        assert before["endTimeUnixNano"] == after["startTimeUnixNano"]
    assert int(root["startTimeUnixNano"]) <= int(order[0]["startTimeUnixNano"])
    assert order[-1]["endTimeUnixNano"] == root["endTimeUnixNano"]
    attempt = by_name["delivery attempt"]
    assert [event["name"] for event in attempt["events"]] == ["recipient.delivered"]
    assert attempt["kind"] == 3 and attributes(attempt)["stagepost.attempt"] == 1
    wait_until("the count", lambda: measured(server, "stagepost_otel_spans_sent_total") >= 7, 10)
    assert measured(server, "stagepost_otel_spans_dropped_total") == 0


def test_retries_join_the_trace_also_after_a_restart(new_server, collector):
    with Sink(answers={"RCPT": ["450 4.2.1 later", "450 4.2.1 later"]}) as sink:
        server = start(new_server, collector)
        server.set("policy", relay_networks=["127.0.0.1"])
        server.set("queue", retry_after=["1s"], retry_jitter_percent=0)
        server.set("delivery", relay_host=f"127.0.0.1:{sink.port}")
        server.start()
        ident = send(server, "far@far.test")
        wait_until("the mail", lambda: sink.mails, 30)
        wait_until("three attempts", lambda: names(of_message(collector, ident)).count(
            "delivery attempt") == 3 and "queue" in names(of_message(collector, ident)), 20)
        spans = of_message(collector, ident)
        assert_whole(spans)
        failed = [span for span in spans if span.get("status", {}).get("code") == 2]
        assert len(failed) == 2
        assert attributes(failed[0])["error.type"] == "450 4.2.1"
        assert failed[0]["status"]["message"] == "450 4.2.1 later"

        sink.answers = {"RCPT": ["@fixed 450 4.2.1 later"]}
        second = send(server, "farther@far.test")
        wait_until("its root", lambda: "smtp receive" in names(of_message(collector, second)), 20)
        server.stop()
        sink.answers = {}
        server.start()
        wait_until("the mail", lambda: len(sink.mails) == 2, 30)
        wait_until("its end", lambda: "queue" in names(of_message(collector, second)), 20)
        spans = of_message(collector, second)
        assert len({span["traceId"] for span in spans}) == 1
        root = next(span for span in spans if span["name"] == "smtp receive")
        linked = [span for span in spans if "links" in span]
        assert linked and all(span["links"] == [{"traceId": root["traceId"],
                                                 "spanId": root["spanId"]}] for span in linked)


def test_refusals_and_sessions_without_mail(new_server, collector):
    server = start(new_server, collector).start()
    with Talk("127.0.0.1", server.ports["smtp"]) as talk:
        talk.say("MAIL FROM:<a@far.test>")
        assert talk.say("RCPT TO:<nobody@example.test>")[0] == 550
        talk.say("QUIT")
    wait_until("the session", lambda: "smtp session" in names(collector.spans()), 20)
    session = next(span for span in collector.spans() if span["name"] == "smtp session")
    assert "recipient.refused" in [event["name"] for event in session["events"]]
    assert_whole(collector.spans())


def test_redaction_holds_for_spans(new_server, collector):
    server = start(new_server, collector)
    server.set("privacy", local_parts="hash")
    server.start()
    ident = send(server, server.user, sender="zebedeequux@far.test")
    wait_until("its spans", lambda: "queue" in names(of_message(collector, ident)), 20)
    text = json.dumps(collector.requests)
    assert "zebedeequux" not in text and "you@example.test" not in text
    assert re.search(r"~[0-9a-f]{14}@far\.test", text)


def test_a_collector_that_is_away_or_busy_costs_no_mail(new_server):
    with Collector() as first:
        port = first.port
        server = start(new_server, first)
        server.start()
    # It is gone: connections are refused.
    began = time.monotonic()
    idents = [send(server, server.user) for _ in range(20)]
    server.wait_for_mail(count=20)
    assert time.monotonic() - began < 15
    wait_until("the log says so", lambda: "otel.failed" in server.log_text(None), 20)
    assert server.log_text(None).count("otel.failed") == 1
    with Collector(port) as second:
        # Busy, then slow, then it takes them.
        second.answers = [(503, {"Retry-After": "1"}), (429, {}), 1.0]
        wait_until("all spans", lambda: all(
            "queue" in names(of_message(second, ident)) for ident in idents), 60)
        assert [headers["status"] for headers, _ in second.requests][:2] == ["503", "429"]
        for ident in idents:
            assert_whole(of_message(second, ident))
        wait_until("the log says so", lambda: "otel.back" in server.log_text(None), 20)
        assert measured(server, "stagepost_otel_spans_dropped_total") == 0
        # What must not be tried again is dropped and counted.
        second.answers = [(400, {})]
        send(server, server.user)
        wait_until("the drop", lambda: measured(
            server, "stagepost_otel_spans_dropped_total") > 0, 30)


def test_partial_success_is_counted(new_server, collector):
    collector.body = {"partialSuccess": {"rejectedSpans": "2", "errorMessage": "too old"}}
    server = start(new_server, collector).start()
    send(server, server.user)
    wait_until("the count", lambda: measured(
        server, "stagepost_otel_spans_dropped_total") >= 2, 30)


def test_sampling_keeps_traces_whole(new_server, collector):
    server = start(new_server, collector, ratio_percent=30).start()
    idents = [send(server, server.user) for _ in range(40)]
    server.wait_for_mail(count=40)
    send(server, server.user)
    time.sleep(4)
    kept = [ident for ident in idents if of_message(collector, ident)]
    assert 2 <= len(kept) <= 25, len(kept)
    for ident in kept:
        assert len(of_message(collector, ident)) == 7
        assert_whole(of_message(collector, ident))


def test_what_is_left_is_sent_at_the_stop(new_server, collector):
    server = start(new_server, collector).start()
    ident = send(server, server.user)
    server.wait_for_mail()
    server.stop()
    assert names(of_message(collector, ident))[-1] == "smtp receive"
    assert "queue" in names(of_message(collector, ident))


def test_mistakes_in_the_settings_are_named(new_server):
    for settings, words in (
            ({"endpoint": "http://collector.example.org:4318"}, "write https://"),
            ({"endpoint": "collector:4318"}, "write https://"),
            ({"endpoint": "http://127.0.0.1:1", "headers": ["no header"]}, "NAME: VALUE"),
            ({"headers": ["A: b"]}, "add endpoint")):
        server = new_server()
        server.set("otel", **settings)
        with pytest.raises(AssertionError, match=re.escape(words)):
            server.cli("check")
