// How much the first view costs: octets on the wire (asserted) and time (told only).
import { check, config, heading, logIn, open, run, settled } from "./browser.mjs";

const octetsMax = 200_000;

await run(async (browser) => {
  const page = await open(browser, "desktop", "light");
  const wire = await page.context().newCDPSession(page);
  await wire.send("Network.enable");
  let octets = 0;
  let requests = 0;
  wire.on("Network.loadingFinished", (event) => {
    octets += event.encodedDataLength;
    requests += 1;
  });
  await page.goto(config.base);
  await heading(page, "Log in");
  const seen = await page.evaluate(() =>
    Math.round(performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1),
  );
  await page.waitForLoadState("networkidle");
  console.log(`log-in: ${octets} octets in ${requests} requests, first seen after ${seen} ms`);
  await logIn(page);
  await settled(page);
  await page.waitForLoadState("networkidle");
  console.log(`overview: ${octets} octets in ${requests} requests, log-in and its page included`);
  check(octets < octetsMax, `the first view is ${octets} octets, more than ${octetsMax}`);
  const again = octets;
  await page.reload();
  await heading(page, "Overview");
  await settled(page);
  console.log(`again: ${octets - again} octets`);
  check(octets - again < 40_000, `the second view is ${octets - again} octets: nothing was kept`);
});
