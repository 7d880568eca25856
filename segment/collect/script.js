(() => {
"use strict"
const w = window, d = document, n = navigator, me = d.currentScript, store = w.localStorage
const to = me.dataset.to || me.src.split("?")[0]
let given, queue = [], deepest = 0
const id = () => Array.from(crypto.getRandomValues(new Uint8Array(15)), b => b.toString(36).padStart(2, "0")).join("")
const visit = () => {
	const now = Date.now()
	let [s, at] = (store.getItem("fw.s") || "").split(" ")
	if (!s || now - at > 18e5) s = id()
	store.setItem("fw.s", s + " " + now)
	return s
}
const flush = () => {
	if (!given || !queue.length) return
	if (!store.getItem("fw.v")) store.setItem("fw.v", id())
	const body = { id: id(), visitor: store.getItem("fw.v"), session: visit(), sent: Date.now(), consent: given, events: queue.slice(0, 40) }
	if (n.sendBeacon(to, JSON.stringify(body))) queue = queue.slice(40)
}
const add = (type, more) => {
	if (!given) return
	queue.push(Object.assign({ type, at: Date.now(), page: location.pathname.slice(0, 500) }, more))
	if (queue.length > 19) flush()
}
const part = x => Math.min(1, Math.max(0, x || 0))
const depth = () => {
	const h = d.documentElement.scrollHeight
	deepest = Math.max(deepest, part((w.scrollY + w.innerHeight) / h))
}
const left = () => {
	if (deepest) add("scroll", { depth: deepest })
	deepest = 0
	flush()
}
const view = sku => {
	left()
	const q = new URLSearchParams(location.search), more = {}
	for (const k of ["source", "medium", "campaign"]) {
		const v = q.get("utm_" + k)
		if (v) more[k] = v.slice(0, 200)
	}
	if (d.referrer) more.referrer = d.referrer.split("/")[2]
	if (sku) more.sku = sku
	add("view", more)
	const query = q.get(me.dataset.search || "q")
	if (query) add("search", { query: query.slice(0, 200) })
	depth()
}
w.addEventListener("scroll", depth, { passive: true })
w.addEventListener("pagehide", left)
d.addEventListener("visibilitychange", () => d.visibilityState == "hidden" && left())
d.addEventListener("click", e => {
	const el = e.target.closest && e.target.closest("[data-fw],[id]")
	if (el) {
		const r = el.getBoundingClientRect()
		const selector = el.dataset.fw ? '[data-fw="' + el.dataset.fw + '"]' : "#" + el.id
		return add("click", { selector: selector.slice(0, 200), x: part((e.clientX - r.left) / r.width), y: part((e.clientY - r.top) / r.height) })
	}
	const p = d.documentElement
	add("click", { x: part(e.pageX / p.scrollWidth), y: part(e.pageY / p.scrollHeight) })
}, true)
w.flywheel = {
	view,
	consent(text, version) {
		if (n.webdriver || n.globalPrivacyControl || n.doNotTrack == "1") return
		given = { text, version, at: Date.now() }
		store.setItem("fw.c", JSON.stringify(given))
		view(me.dataset.sku)
	},
	withdraw() {
		given = undefined
		queue = []
		for (const k of ["c", "v", "s"]) store.removeItem("fw." + k)
	}
}
if (n.webdriver || n.globalPrivacyControl || n.doNotTrack == "1") return
try { given = JSON.parse(store.getItem("fw.c")) || undefined } catch {}
if (given) view(me.dataset.sku)
})()
