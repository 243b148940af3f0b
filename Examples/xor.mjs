#!/usr/bin/env node
// Asks Nabla for a gradient, and has a network trained on XOR, with Node (18 or newer) alone.
//
//     node Examples/xor.mjs
//
// NABLA_SERVER says where the service is (http://127.0.0.1:8080 by default), NABLA_TOKEN is its token.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";

const server = process.env.NABLA_SERVER ?? "http://127.0.0.1:8080";

/** The answer to a GET, or to a POST of `body`. */
async function call(path, body, headers = {}) {
  if (process.env.NABLA_TOKEN) headers.Authorization = `Bearer ${process.env.NABLA_TOKEN}`;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(server + path, { method: body ? "POST" : "GET", body, headers });
  // What is wrong, as application/problem+json, with the place that is to blame.
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer;
}

const example = (name) => readFile(new URL(name, import.meta.url));

/** The name and the data of each event of a run, until its end. */
async function* events(run) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of (await call(`/runs/${run}/events`)).body) {
    text += decoder.decode(bytes, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
      if (fields.data) yield [fields.event, JSON.parse(fields.data)];
    }
  }
}

const answer = await (await call("/gradients", await example("xor.json"))).json();
console.log(`loss ${answer.loss.toFixed(6)}`);
console.log(`gradient of the last bias ${answer.gradients[1].bias[0].toFixed(6)}`);

// Sent again under the same key, the request is answered with the same run.
const key = { "Idempotency-Key": randomUUID() };
const run = await (await call("/train", await example("train_xor.json"), key)).json();
for await (const [name, data] of events(run.id)) {
  if (name === "metrics" && data.epoch % 100 === 0) {
    console.log(`epoch ${data.epoch}: loss ${data.metrics.loss.toFixed(6)}`);
  } else if (name === "end") {
    console.log(`${data.status}: loss ${data.latest.loss.toFixed(6)}`);
  }
}
