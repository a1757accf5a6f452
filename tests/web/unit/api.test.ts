// Requests: what goes with them, and what becomes of those that fail.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as api from "../../../web/src/lib/api";

interface Sent {
  url: string;
  init: RequestInit;
}

let sent: Sent[] = [];
let answer: () => Response = () => Response.json({});

beforeEach(() => {
  sent = [];
  answer = () => Response.json({});
  api.useSession(null);
  globalThis.fetch = async (url, init = {}) => {
    sent.push({ url: String(url), init });
    return answer();
  };
});

const header = (name: string) => (sent[0]?.init.headers as Record<string, string>)[name];

async function failure(asked: Promise<unknown>): Promise<api.ApiError> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof api.ApiError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

test("what changes something carries the session's token, what looks does not", async () => {
  api.useSession({ address: "a", csrf: "secret", expires: "", second_factor: false });
  await api.post("queue/retry", { all: true });
  assert.equal(header("X-CSRF-Token"), "secret");
  assert.equal(header("Content-Type"), "application/json");
  assert.equal(sent[0]?.init.body, '{"all":true}');
  sent = [];
  await api.get("queue", { after: "", limit: 50 });
  assert.equal(sent[0]?.url, "/api/v1/queue?limit=50");
  assert.equal(header("X-CSRF-Token"), undefined);
});

test("what a page asks by itself says so", async () => {
  await api.get("overview", {}, { background: true });
  assert.equal(header("X-Background"), "1");
});

test("a file goes as it is", async () => {
  await api.post("reports/import?name=a.xml", new Blob(["<feedback/>"]));
  assert.equal(header("Content-Type"), "application/octet-stream");
});

test("a refusal says what the server said and what to do", async () => {
  answer = () =>
    Response.json({ error: "slow down" }, { status: 429, headers: { "Retry-After": "7" } });
  const error = await failure(api.get("queue"));
  assert.deepEqual([error.status, error.message], [429, "slow down"]);
  assert.match(error.remedy, /Wait 7 seconds/);
});

test("an answer that is no JSON still becomes words", async () => {
  answer = () => new Response("<h1>bad gateway</h1>", { status: 502, statusText: "Bad Gateway" });
  const error = await failure(api.get("queue"));
  assert.equal(error.message, "the server answered 502 Bad Gateway");
  assert.ok(error.remedy);
});

test("no answer at all is told apart", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  const error = await failure(api.get("queue"));
  assert.deepEqual([error.status, error.message], [0, "the server does not answer"]);
});

test("an ended session leads to the log-in, a wrong password does not", async () => {
  let ended = 0;
  api.whenSignedOut(() => {
    ended += 1;
  });
  answer = () => Response.json({ error: "log in" }, { status: 401 });
  await failure(api.get("queue"));
  assert.equal(ended, 1);
  const error = await failure(api.post("session", {}, { quiet: true }));
  assert.equal(ended, 1);
  assert.equal(error.status, 401);
});

test("every status has a remedy", () => {
  for (const status of [0, 400, 401, 403, 404, 409, 413, 429, 500, 503]) {
    assert.ok(api.remedyOf(status, null).length > 10, String(status));
  }
});
