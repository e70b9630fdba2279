// What the pointer is told of a map's cells and of channel weights: for what gam_viz/figures draws as HTML. Once a
// page; it listens to all of them, those that are drawn later too.
(() => {
    if (window.gvMaps) return;
    window.gvMaps = true;
    const tip = document.createElement('div');
    tip.className = 'gv-tip';
    tip.setAttribute('aria-hidden', 'true');
    tip.hidden = true;
    document.body.append(tip);
    const numbers = (packed, Kind) =>
        new Kind(Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0)).buffer);
    const written = (value) => Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
    const share = (at, from, size) => Math.min(Math.max((at - from) / size, 0), 0.999999);
    const told = (event) => {
        const drawn = event.target.closest?.('[data-values]');
        if (!drawn) return '';
        const box = drawn.getBoundingClientRect(), values = numbers(drawn.dataset.values, Float32Array);
        const across = share(event.clientX, box.left, box.width), down = share(event.clientY, box.top, box.height);
        if (!drawn.dataset.order) {
            const rows = Number(drawn.dataset.rows), columns = Number(drawn.dataset.columns);
            return written(values[Math.floor(down * rows) * columns + Math.floor(across * columns)]);
        }
        const index = Math.floor(across * values.length), [channel, mean, here] = drawn.dataset.said.split('|');
        const lines = [`${channel} ${numbers(drawn.dataset.order, Int32Array)[index]}`, `${mean} ${written(values[index])}`];
        if (drawn.dataset.here)
            lines.push(`${here} ${written(numbers(drawn.dataset.here, Float32Array)[index])}`);
        return lines.join('\n');
    };
    addEventListener('pointermove', (event) => {
        tip.textContent = told(event);
        tip.hidden = !tip.textContent;
        tip.style.left = `${Math.min(event.clientX + 14, innerWidth - 110)}px`;
        tip.style.top = `${Math.min(event.clientY + 14, innerHeight - 60)}px`;
    }, {passive: true});
    // A bar that is clicked opens what is told of its channel: the card, or the fold that holds it.
    addEventListener('click', (event) => {
        const bars = event.target.closest?.('.gv-bars'), cell = bars?.closest('[class*="st-key-bars-"]');
        if (!cell) return;
        const box = bars.getBoundingClientRect(), order = numbers(bars.dataset.order, Int32Array);
        const channel = order[Math.floor(share(event.clientX, box.left, box.width) * order.length)];
        window.gvBar = [Number(cell.className.match(/st-key-bars-(\d+)/)[1]), channel];
        const fold = document.querySelector('.st-key-channel-fold details');
        if (fold && !fold.open) {
            fold.querySelector('summary').click();
            fold.scrollIntoView({block: 'center'});
        }
        else dispatchEvent(new Event('gv-bar'));
    });
    addEventListener('scroll', () => { tip.hidden = true; }, {passive: true, capture: true});
})();
