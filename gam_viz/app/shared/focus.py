"""The keyboard's focus is never lost: where what had it is gone, what stands in its place has it, else the title."""

#: Streamlit takes away what a page no longer draws, and disables what is not to be pressed; a browser then leaves the
#: focus with the document, whose first stop is far from where the reader was. Each place is known by the keys of the
#: containers around it, from the inside out.
KEEP_FOCUS = """<script>(() => {
if (window.gvFocus) return;
const FOCUSABLE = 'a[href], button:not(:disabled), input:not(:disabled), select, textarea, summary, [tabindex="0"]';
let held = null, places = [], waiting = 0;
window.gvFocus = true;
document.addEventListener('focusin', ({target}) => {
    held = target;
    places = [];
    for (let part = target; part; part = part.parentElement)
        for (const name of part.classList) if (name.startsWith('st-key-')) places.push('.' + CSS.escape(name));
});
document.addEventListener('pointerdown', ({target}) => { if (!target.closest(FOCUSABLE)) held = null; });
const lost = () => document.activeElement === document.body && held && (!held.isConnected || held.disabled);
const give = () => {
    if (!lost()) return void (waiting = 0);
    const state = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState;
    if (state !== 'notRunning' && ++waiting < 300) return void setTimeout(give, 100);
    waiting = 0;
    for (const place of places)
        for (const next of document.querySelectorAll(`${place} :is(${FOCUSABLE})`)) {
            next.focus({preventScroll: true});
            if (document.activeElement === next) return;
        }
    document.querySelector('.st-key-gv-heading h1')?.focus({preventScroll: true});
};
new MutationObserver(() => { if (!waiting && lost()) { waiting = 1; setTimeout(give, 100); } })
    .observe(document.body, {subtree: true, childList: true, attributes: true, attributeFilter: ['disabled']});
})()</script>"""
