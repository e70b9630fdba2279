// Listens to the bars of channel weights while the card of a channel is open, and says which one was clicked. A click
// that opened the card left its bar in `window.gvBar` (see maps.js).
export default function ({setTriggerValue}) {
    const say = () => {
        const bar = window.gvBar;
        window.gvBar = undefined;
        if (bar) setTriggerValue('bar', bar);
    };
    say();
    addEventListener('gv-bar', say);
    return () => removeEventListener('gv-bar', say);
}
