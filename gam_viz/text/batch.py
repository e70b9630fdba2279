"""What the page of the reader's own pictures says, and what is said of uploads on every page."""

EN = {
    "uploads.help": "A ZIP counts by the pictures in it. A file may have any name or none: a DICOM file needs no "
    "ending. Further limits: {side:,} pixels a side, {megabytes} MB in all, {frames} frames or pages, {bands} bands.",
    "uploads.reading": "Reading your files …",
    "uploads.kept": "Files kept: {files}, {megabytes:.1f} MB",
    "uploads.forget_help": "They are in this program's memory until soon after this browser tab is closed, and nowhere "
    "else.",
    "uploads.forget": "Forget these files",
    "uploads.forget_one": "Forget this file",
    "uploads.refused": "{files} files were refused.",
    "uploads.why": "Which, and why",
    "uploads.dismiss": "Dismiss",
    "my_pictures.nav": "My pictures",
    "my_pictures.title": "Where do the networks disagree on my pictures?",
    "my_pictures.empty": "Upload several pictures, or a ZIP of them: each network says what it sees, and the pictures on which "
    "they disagree come first.",
    "my_pictures.nothing": "Choose two networks in the sidebar.",
    "my_pictures.computing": "The networks look at picture {number} of {count} …",
    "my_pictures.summary": "The networks disagree on **{disagreeing}** of {count} pictures.",
    "my_pictures.add": "Add or forget pictures",
    "my_pictures.dismiss": "Dismiss refused files",
    "my_pictures.kind.disagree": "They disagree: {count}",
    "my_pictures.kind.agree": "They agree: {count}",
    "my_pictures.kind.refused": "Refused: {count}",
    "my_pictures.more_refused": "{count} more refused files are in the table to download.",
    "my_pictures.rest": "The rest",
    "my_pictures.open": "Open in Compare",
    "my_pictures.alt": "{name}. {predictions}",
    "my_pictures.gap": "gap",
    "my_pictures.about_gap": "The gap is how far the networks' probabilities lie apart: 0, the same; 1, nothing in common "
    "(total variation distance, of the two networks that differ most).",
    "my_pictures.no_truth": "The networks can only choose among: {classes}, whatever a picture shows.",
    "my_pictures.medical": "There are DICOM files: these networks were not trained on medical pictures, and this is not a "
    "medical device.",
}

ZH = {
    "uploads.help": "ZIP 按其中的图片计数。文件名不限，DICOM 文件可以没有扩展名。其他限制：边长不超过 {side:,} 像素，"
    "总共 {megabytes} MB，{frames} 帧或页，{bands} 个波段。",
    "uploads.reading": "正在读取你的文件……",
    "uploads.kept": "已保留 {files} 个文件，{megabytes:.1f} MB",
    "uploads.forget_help": "它们只保存在本程序的内存中，关闭此浏览器标签页后不久即删除。",
    "uploads.forget": "删除这些文件",
    "uploads.forget_one": "删除此文件",
    "uploads.refused": "有 {files} 个文件未被接受。",
    "uploads.why": "哪些文件，为什么",
    "uploads.dismiss": "知道了",
    "my_pictures.nav": "我的图片",
    "my_pictures.title": "各网络在我的哪些图片上不一致？",
    "my_pictures.empty": "请上传多张图片或一个 ZIP：每个网络各作预测，预测不一致的图片排在最前。",
    "my_pictures.nothing": "请在侧栏选择两个网络。",
    "my_pictures.computing": "各网络正在看第 {number} 张图片，共 {count} 张……",
    "my_pictures.summary": "{count} 张图片中，各网络在 **{disagreeing}** 张上不一致。",
    "my_pictures.add": "添加或删除图片",
    "my_pictures.dismiss": "不再显示未接受的文件",
    "my_pictures.kind.disagree": "不一致：{count}",
    "my_pictures.kind.agree": "一致：{count}",
    "my_pictures.kind.refused": "未接受：{count}",
    "my_pictures.more_refused": "另有 {count} 个未接受的文件列在可下载的表格中。",
    "my_pictures.rest": "其余文件",
    "my_pictures.open": "在“对比”中打开",
    "my_pictures.alt": "{name}。{predictions}",
    "my_pictures.gap": "差距",
    "my_pictures.about_gap": "差距表示各网络的概率相差多远：0 为完全相同，1 为毫无重合（取相差最大的两个网络之间的全变差距离）。",
    "my_pictures.no_truth": "无论图片是什么，网络只能在这些类别中选择：{classes}。",
    "my_pictures.medical": "其中有 DICOM 文件：这些网络并未用医学图像训练，本工具也不是医疗器械。",
}
