"""What the film of a training says."""

EN = {
    "film.show": "How these gates formed",
    "film.hide": "Back to the trained networks",
    "film.help": "Copies of the networks were kept while they were trained. A slider shows them; scales span all epochs.",
    "film.play": "Play",
    "film.stop": "Stop",
    "film.epoch": "Epochs of training",
    "film.untrained": "untrained",
    "film.after": "after {epoch}",
    "film.lacking": "Of {names} no earlier copies were kept: shown as trained.",
}

ZH = {
    "film.show": "看门控如何形成",
    "film.hide": "回到训练好的网络",
    "film.help": "训练过程中保留了网络的若干副本。滑块可逐轮查看；各轮共用同一标尺。",
    "film.play": "播放",
    "film.stop": "停止",
    "film.epoch": "训练轮数",
    "film.untrained": "未训练",
    "film.after": "第 {epoch} 轮后",
    "film.lacking": "{names} 没有保留早期副本：显示训练好的网络。",
}
