// Pictures for the documentation, of a server that has something to show.
import { config, heading, logIn, open, run, settled } from "./browser.mjs";

const pictures = [
  ["web-overview", "", "Overview", "desktop", "light"],
  ["web-message", `messages/${config.message}`, /Message/, "desktop", "dark"],
  ["web-doctor", "doctor", "Doctor", "desktop", "light"],
  ["web-phone", "queue", "Queue", "phone", "light"],
];

await run(async (browser) => {
  for (const [name, address, title, size, scheme] of pictures) {
    const page = await open(browser, size, scheme, { deviceScaleFactor: size === "phone" ? 2 : 1 });
    await logIn(page);
    await page.goto(config.base + address);
    await heading(page, title);
    await settled(page);
    await page.waitForTimeout(200);
    await page.screenshot({ path: `${config.shots}/${name}.png` });
    await page.context().close();
  }
});
