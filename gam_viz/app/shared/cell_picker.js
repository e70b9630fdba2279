// A grid of cells over a picture: a click or an arrow key picks one. Told what is drawn as `data`.
export default function ({data, parentElement, setTriggerValue}) {
    const grid = parentElement.querySelector('.grid'), mark = parentElement.querySelector('.mark');
    grid.style.backgroundImage = `url(${data.picture})`;
    grid.style.aspectRatio = data.form;
    grid.setAttribute('aria-label', data.alt);
    let {row, column} = data;
    const show = () => {
        mark.style.left = `${100 * column / data.columns}%`;
        mark.style.top = `${100 * row / data.rows}%`;
        mark.style.width = `${100 / data.columns}%`;
        mark.style.height = `${100 / data.rows}%`;
    };
    const pick = (down, across) => {
        row = Math.min(Math.max(down, 0), data.rows - 1);
        column = Math.min(Math.max(across, 0), data.columns - 1);
        show();
        setTriggerValue('cell', [row, column]);
    };
    grid.onclick = (event) => {
        const box = grid.getBoundingClientRect();
        pick(Math.floor((event.clientY - box.top) / box.height * data.rows),
            Math.floor((event.clientX - box.left) / box.width * data.columns));
    };
    const steps = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
    grid.onkeydown = (event) => {
        const step = steps[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        pick(row + step[0], column + step[1]);
    };
    show();
}
