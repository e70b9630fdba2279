// In the head of the page, before Streamlit's own code: what it has no setting for.
(() => {
    // A step of the browser's history is a page, or a stop of a tour, to which the reader went. A choice on a page takes
    // the place of the one before, so Back leaves the page; and where nobody did anything, an address only leads on.
    let acted = false, leaving = false;
    for (const name of ['pointerdown', 'keydown', 'click'])
        addEventListener(name, (event) => {
            acted = true;
            // Streamlit may say what the next page's choices are before it says that it is another page.
            const link = name === 'click' && event.target.closest?.('a[href]');
            leaving = Boolean(link) && !link.target && !(event.ctrlKey || event.metaKey || event.shiftKey)
                && link.origin === location.origin && link.pathname !== location.pathname;
        }, {capture: true, passive: true});
    addEventListener('popstate', () => { leaving = false; });
    const placeOf = (address) => {
        const url = new URL(address, location.href);
        return [url.pathname, url.searchParams.get('tour'), url.searchParams.get('stop')].join(' ');
    };
    const push = history.pushState.bind(history);
    history.pushState = (state, title, address) => {
        if (leaving && new URL(address, location.href).pathname === location.pathname) return;
        leaving = false;
        if (!acted || placeOf(address) === placeOf(location.href)) return history.replaceState(state, title, address);
        acted = false;
        push(state, title, address);
    };
    // A tab names itself to the server, by a random number that goes with the tab, and says how many pictures and
    // networks it had: after a reload it is given them, or told what is gone (gam_viz/app/served/reloading.py). Both
    // stand behind what Streamlit sends when it connects.
    let said = [];
    try {
        let tab = sessionStorage.getItem('gam-viz-tab');
        if (!/^[0-9a-f]{32}$/.test(tab)) {
            tab = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
            sessionStorage.setItem('gam-viz-tab', tab);
        }
        said = [`gam-viz-tab-${tab}`];
        const had = sessionStorage.getItem('gam-viz-had');
        if (/^\d+-\d+$/.test(had)) said.push(`gam-viz-had-${had}`);
    } catch (refused) { return; }  // a browser that keeps nothing: a reload begins anew
    const Socket = window.WebSocket;
    window.WebSocket = class extends Socket {
        constructor(address, protocols) {
            super(address, protocols?.[0] === 'streamlit' ? [...protocols, ...said] : protocols);
        }
    };
})();
