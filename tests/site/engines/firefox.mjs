// Drives Firefox over WebDriver BiDi for firefox.py: a line of JSON comes for each thing to do, and one goes back.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, executablePath, proxy] = process.argv.slice(2);
const { default: puppeteer } = createRequire(modules)("puppeteer-core");

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  headless: true,
  defaultViewport: { width: 1280, height: 844 },
  env: { ...process.env, MOZ_DISABLE_NONLOCAL_CONNECTIONS: "1" }, // it asks for nothing by itself
  extraPrefsFirefox: {
    "network.proxy.type": 1, // by hand; everything, this machine too, goes through it
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": Number(proxy),
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": Number(proxy),
    "network.proxy.allow_hijacking_localhost": true,
    "network.proxy.no_proxies_on": "",
    "ui.prefersReducedMotion": 1,
  },
});
const page = await browser.newPage(); // in the first one the address has the focus, and keeps it
const errors = [];
page.on("console", message => {
  if (["error", "warn"].includes(message.type())) errors.push(`console: ${message.text()}`);
});
// said of an equation of which half has come
const OF_HASTE = /Invalid markup: Incorrect number of children for <m/;
page.on("pageerror", error => { if (!OF_HASTE.test(error)) errors.push(`page error: ${error}`); });

async function press(keys) {
  const [key, ...held] = keys.split("+").reverse();
  for (const each of held) await page.keyboard.down(each);
  await page.keyboard.press(key);
  for (const each of held) await page.keyboard.up(each);
}

const doing = {
  go: address => page.goto(address),
  evaluate: expression => page.evaluate(expression),
  point: (x, y) => page.mouse.move(x, y),
  click: (x, y) => page.mouse.click(x, y),
  text: words => page.keyboard.type(words),
  press,
  errors: () => errors.splice(0),
};
const told = ["evaluate", "errors"]; // the others give what is no JSON

console.log(JSON.stringify({ gave: await browser.version() }));
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line);
  try {
    const gave = await doing[name](...given);
    console.log(JSON.stringify({ gave: told.includes(name) ? gave ?? null : null }));
  } catch (error) {
    console.log(JSON.stringify({ failed: `${name}: ${error.message}` }));
  }
}
await browser.close();
