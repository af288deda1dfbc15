// Messages as elements. Every text goes in by textContent: a title is never markup.
import { percent, say } from "./texts.js";

export function element(name, className = "", text = "") {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

export function bubble(text, kind = "") {
  return element("div", `bubble ${kind}`.trim(), text);
}

export function waiting() {
  const node = element("div", "bubble waiting");
  node.append(element("i"), element("i"), element("i"), element("span", "", say("searching_short")));
  return node;
}

export function photoBubble(photo, part) {
  const node = element("div", "bubble mine");
  const figure = element("figure");
  const image = element("img");
  image.alt = say(part ? "your_part" : "your_photo");
  image.src = URL.createObjectURL(photo);
  image.addEventListener("error", () => { figure.replaceChildren(element("span", "", photo.name || say("your_photo"))); });
  figure.append(image);
  if (part) {
    const frame = element("span", "part");
    for (const [side, value] of [["left", part.x], ["top", part.y], ["width", part.width], ["height", part.height]]) {
      frame.style[side] = `${value * 100}%`;
    }
    figure.append(frame);
  }
  node.append(figure);
  return node;
}

/** One message of the server: words, or cards with their buttons. */
export function answer(message, tap) {
  if (message.type !== "cards") {
    const node = bubble(message.text, message.warn ? "warn" : "");
    node.append(onward(message.buttons, tap));
    return node;
  }
  const node = element("section", "answer");
  node.setAttribute("aria-label", message.text);
  node.append(element("p", "", message.text));
  const list = element("ul", "cards");
  list.tabIndex = 0;
  list.setAttribute("aria-label", say("products"));
  list.append(...message.hits.map((hit) => card(hit, tap)));
  node.append(list, onward(message.buttons, tap, "btn more"));
  return node;
}

/** The buttons under a whole answer, side by side. */
function onward(specs, tap, className = "btn") {
  const row = element("div", "onward");
  row.append(...buttons(specs, tap, className));
  row.hidden = !row.childElementCount;
  return row;
}

/** A label whose thumb is drawn: not every machine has a font with these signs. */
function labelled(node, label) {
  const sign = { "👍": "thumb", "👎": "thumb down" }[[...label][0]];
  if (!sign) { node.textContent = label; return node; }
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("class", sign);
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M3 10h4v11H3zM7 21V10l5-8c2 0 2.600 1.600 2 3.400L13 9h6.500c1.600 0 2.300 1.200 2 2.600l-1.800 7.600c-.3 1.100-1 1.800-2.200 1.800z");
  drawing.append(path);
  const words = [...label].slice(1).join("").trim();
  node.replaceChildren(drawing, ...(words ? [` ${words}`] : []));
  if (!words) { node.classList.add("sign"); node.setAttribute("aria-label", label); }
  return node;
}

function card(hit, tap) {
  const item = element("li", "card");
  item.dataset.product = hit.id;
  const body = element("div", "body");
  body.append(element("h3", "", hit.title));
  const meta = [hit.brand, hit.category?.split(" > ").at(-1)].filter(Boolean).join(" · ");
  if (meta) body.append(element("p", "meta", meta));
  if (hit.price_text) body.append(element("p", "price", hit.price_text));
  if (hit.similarity !== null && hit.similarity !== undefined) body.append(match(hit));
  if (hit.why.length) {
    const why = element("ul", "why");
    why.setAttribute("aria-label", say("why"));
    why.append(...hit.why.map((reason) => element("li", "", reason)));
    body.append(why);
  }
  const actions = element("div", "actions");
  actions.append(...buttons(hit.buttons, tap));
  body.append(actions);
  item.append(picture(hit), body);
  return item;
}

function picture(hit) {
  const frame = element("div", "pic");
  const none = () => frame.replaceChildren(element("span", "none", say("no_picture")));
  if (!hit.picture) { none(); return frame; }
  const image = element("img");
  image.alt = "";
  image.loading = "lazy";
  image.decoding = "async";
  image.addEventListener("error", none);
  image.src = hit.picture;
  frame.append(image);
  return frame;
}

function match(hit) {
  const row = element("div", "match");
  const meter = element("meter");
  meter.value = hit.similarity;
  meter.setAttribute("aria-label", say("similarity"));
  row.append(meter, element("span", "", say("alike", { percent: percent(hit.similarity) })));
  return row;
}

function buttons(specs = [], tap, className = "btn") {
  return specs.map((spec) => {
    if (spec.url) {
      const link = element("a", `${className} main`, spec.label);
      link.href = spec.url;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      if (spec.about) link.setAttribute("aria-label", `${spec.label}: ${spec.about}`);
      return link;
    }
    const button = labelled(element("button", className), spec.label);
    button.type = "button";
    if (spec.about) button.setAttribute("aria-label", `${spec.label}: ${spec.about}`);
    button.addEventListener("click", () => tap(spec.token, spec.about ? `${spec.label}: ${spec.about}` : spec.label, button));
    return button;
  });
}
