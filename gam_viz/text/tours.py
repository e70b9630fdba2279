"""What the Tours page and the tours say."""

EN = {
    "tours.nav": "Tours",
    "tours.title": "Where should I begin?",
    "tours.about": "A tour leads through prepared views of the pages of this app, with a few sentences at each. You may touch "
    "everything on the way: the next stop is prepared anew.",
    "tours.length": "{count} stops, about {minutes} minutes",
    "tours.start": "Start",
    "tours.numbered": "{number}. {title}",
    "tours.teaching": "In a classroom",
    "tours.teaching_about": "- **Link to a stop**: open it and copy the address, or copy one of the links above. It opens that "
    "view for everyone, in the language of the link.\n"
    "- **Show it**: Present, in the bar of the tour, hides everything but the bar and the page. F11 makes the browser "
    "full-screen.\n"
    "- **Keys**: ← and → go from stop to stop, outside of text fields. While presenting, Page Up and Page Down, which "
    "presenters' remotes send, do the same.\n"
    "- **Words**: dotted words lead to the glossary, in a new tab; the tour keeps its place.",
    "tours.where": "stop {number} of {count}",
    "tours.back": "Previous stop",
    "tours.next": "Next stop",
    "tours.end": "End",
    "tours.present": "Present",
    "tours.leave": "Stop presenting",
    "tours.present_help": "Hides the sidebar and the navigation; press it again to have them back. F11 makes the browser "
    "full-screen.",
    "tours.full_screen": "F11 makes the browser full-screen. Page Up and Page Down go from stop to stop.",
    "tours.elsewhere": "You have left the page of this stop. The buttons go on with the tour from here; End stays on this page.",
    "tours.missing": "The networks that this stop speaks of are not in the checkpoints folder, so what is shown may differ from "
    "what is said.",
    "tours.wrong.tour": "The link names a tour that there is not; the tours are listed under Learn, Tours.",
    "tours.wrong.stop": "The link names a stop that this tour does not have; its stops are listed under Learn, Tours.",
    # CBAM vs GAM
    "tours.title.cbam-vs-gam": "CBAM vs GAM in six steps",
    "tours.about.cbam-vs-gam": "How the two modules compute what they multiply features by, where they differ, and what it costs.",
    "tours.stop.cbam-vs-gam.answer": "The same picture, the same answer",
    "tours.says.cbam-vs-gam.answer": "Two small networks, alike but for the [[attention-module|attention module]] in every block: "
    "CBAM on the left, GAM on the right. Both say sailboat, and are about equally sure. What differs is the [[gate|gates]], by "
    "which they multiply their features on the way; the next stops open those of layer 2.2.",
    "tours.stop.cbam-vs-gam.squeeze": "What a module looks at",
    "tours.says.cbam-vs-gam.squeeze": "CBAM [[pooling|pools]] first: of each [[channel|channel]] its mean and its maximum are "
    "left, and where something was is gone. GAM pools nothing. It only [[permute|reorders the axes]], so that the next step can "
    "work on the channels of each position alone.",
    "tours.stop.cbam-vs-gam.channel": "One weight, or one everywhere",
    "tours.says.cbam-vs-gam.channel": "CBAM ends in a [[sigmoid|sigmoid]]: one weight between 0 and 1 for each channel, the same "
    "all over the picture. GAM, as the tutorial prints it, has no sigmoid here: a number of any size for every channel at every "
    "position. Many are negative and turn a feature's sign, so a large weight is not importance.",
    "tours.stop.cbam-vs-gam.mask": "One mask, or one for every channel",
    "tours.says.cbam-vs-gam.mask": "CBAM has one [[mask|mask]] for all channels, shown as it is. GAM has a mask for every channel; "
    "what is drawn is their [[effective-gain|effective gain]], one way to make them a single picture. Choose the plain mean on "
    "the left, and GAM's goes nearly flat: how a map was made is part of what it says.",
    "tours.stop.cbam-vs-gam.matter": "Does the answer hang on them?",
    "tours.says.cbam-vs-gam.matter": "Each gate is [[ablation|replaced]] by 1, so that features pass, and the network answers again. "
    "A filled dot changed the decision. Here some of GAM's do and none of CBAM's: on this picture, GAM's answer hangs on single "
    "gates and CBAM's does not.",
    "tours.stop.cbam-vs-gam.cost": "What it costs",
    "tours.says.cbam-vs-gam.cost": "To the right is dearer, and the axis is logarithmic: GAM adds more than a hundred times as many "
    "[[parameter|parameters]] as CBAM. The grey band is the network without attention; neither module is above it. On these "
    "scenes, attention bought no accuracy that could be measured.",
    # Is that map true?
    "tours.title.true-map": "Is that map true?",
    "tours.about.true-map": "Two maps that look like reasons, and five questions that a map must answer before it is one.",
    "tours.stop.true-map.picture": "Two maps of one answer",
    "tours.says.true-map.picture": "Both networks say sailboat. In layer 3.1 GAM's map lies on the boat, and CBAM's [[mask|mask]] on "
    "what is around it. Does one look in the right place and the other not? From the picture alone, nobody can tell.",
    "tours.stop.true-map.gates": "Does the gate do anything?",
    "tours.says.true-map.gates": "Each gate is [[ablation|replaced]] by 1, and the network answers again. Dots near 0 are gates "
    "whose replacement hardly matters: a map of such a gate shows nothing that mattered for this answer. Only filled dots changed "
    "the decision.",
    "tours.stop.true-map.misleading": "A map that misleads",
    "tours.says.true-map.misleading": "Pixels are taken away in the order of the map, the [[deletion|deletion]] curve. With CBAM's "
    "mask of layer 3.1 (thick, left) the answer survives longer than in random order (grey): it marks what the answer does "
    "not hang on. With GAM's of the same layer (right) it falls at once.",
    "tours.stop.true-map.faithful": "A map that does not",
    "tours.says.true-map.faithful": "The same network, one layer earlier: CBAM's mask of layer 2.2 beats every random order. So it "
    "is not the module that is faithful or not. It is one map, of one layer, on one picture, and each must be tested.",
    "tours.stop.true-map.randomised": "Was it learnt?",
    "tours.says.true-map.randomised": "Now the weights become random, from the head down. A map that stays tells of the picture, not "
    "of what was learnt ([[randomisation|the test]] of Adebayo et al.). The masks of layer 2.2 do not stay; guided backprop, in "
    "the table, still resembles itself a little in networks that never learnt anything.",
    "tours.stop.true-map.agreed": "Do maps agree?",
    "tours.says.true-map.agreed": "Every two maps, compared by the [[rank-correlation|order of their cells]]. The masks of layer 2.2 "
    "of both networks, framed, agree more than random maps as smooth would. That is a good sign and no proof: two maps can be "
    "wrong together.",
    "tours.stop.true-map.board": "Over many pictures",
    "tours.says.true-map.board": "One picture is an anecdote. In drawn scenes it is known where the object is, so maps can be "
    "scored, above all against maps that no network had a hand in (rings). CBAM's masks together point at the object about as "
    "often as a bell in the middle of the picture does, GAM's more often. No network's Grad-CAM does better than that of the one "
    "without attention.",
    # The shortcut
    "tours.title.shortcut": "Catch the shortcut",
    "tours.about.shortcut": "Two networks that are right for the wrong reason, and how maps and measurements give them away.",
    "tours.stop.shortcut.right": "Nearly always right",
    "tours.says.shortcut.right": "Both networks say car, and their test accuracy could hardly be better. Would you trust them? Look "
    "at the corner of the picture: a small tag. In the pictures that they learnt from, each class had its own.",
    "tours.stop.shortcut.wrong": "The same car, another tag",
    "tours.says.shortcut.wrong": "Only the tag was changed: it is now the one that fish had. Every pixel of the car is as it was, and "
    "both networks say fish. The tag is a [[shortcut|shortcut]]: it gives the answer away without being the thing.",
    "tours.stop.shortcut.attributions": "Asked for their reason",
    "tours.says.shortcut.attributions": "[[gradcam|Grad-CAM]] and [[integrated-gradients|integrated gradients]] are asked what spoke "
    "for fish. Of both networks, both point into the corner. The test accuracy had not shown it: the test pictures have "
    "such tags, too.",
    "tours.stop.shortcut.region": "In numbers",
    "tours.says.shortcut.region": "How much of each map lies on the tag, against the little that the tag covers (dashed). The "
    "[[attribution|attributions]] have many times that share on it, and GAM's masks several times. CBAM's hardly have: its first "
    "ones are largest on the tag (filled), its last ones elsewhere (rings).",
    "tours.stop.shortcut.faithful": "And does the answer hang on it?",
    "tours.says.shortcut.faithful": "What Grad-CAM marks is removed first ([[deletion|deletion]], above), or put back first "
    "([[insertion|insertion]], below). The probability of fish is gone with the first pixels, or there with them. So the map is "
    "faithful, and the network is what is wrong.",
    "tours.stop.shortcut.board": "In all scenes",
    "tours.says.shortcut.board": "Was it this picture only? Over all the test scenes: with its own tag a scene is named rightly, "
    "without a tag hardly, and with another's tag nearly every answer follows the tag. It is so with and without attention: an "
    "attention module does not protect against a shortcut.",
}

ZH = {
    "tours.nav": "导览",
    "tours.title": "从哪里开始？",
    "tours.about": "导览会带你依次走过本应用各页面中预先准备好的画面，每一站配几句话。途中的一切都可以动手改：到下一站时，画面会重新准备好。",
    "tours.length": "共 {count} 站，约 {minutes} 分钟",
    "tours.start": "开始",
    "tours.numbered": "{number}. {title}",
    "tours.teaching": "用于课堂",
    "tours.teaching_about": "- **链接到某一站**：打开那一站并复制地址，或复制上面的链接。任何人打开都是同一画面，语言由链接决定。\n"
    "- **演示**：导览条上的“演示”会隐藏其余部分，只留下导览条和页面。按 F11 可使浏览器全屏。\n"
    "- **按键**：焦点不在输入框时，← 和 → 在各站之间移动。演示时，翻页笔发出的 Page Up 和 Page Down 也一样。\n"
    "- **术语**：带虚线的词链接到术语表，在新标签页打开；导览停在原处。",
    "tours.where": "第 {number} 站，共 {count} 站",
    "tours.back": "上一站",
    "tours.next": "下一站",
    "tours.end": "结束",
    "tours.present": "演示",
    "tours.leave": "退出演示",
    "tours.present_help": "隐藏侧栏和导航；再按一次即可恢复。按 F11 可使浏览器全屏。",
    "tours.full_screen": "按 F11 可使浏览器全屏。Page Up 和 Page Down 在各站之间移动。",
    "tours.elsewhere": "你已离开这一站的页面。用按钮可以从这里继续导览；“结束”则留在本页。",
    "tours.missing": "这一站所说的网络不在检查点文件夹中，因此画面可能与文字不符。",
    "tours.wrong.tour": "链接中的导览不存在；所有导览列在“学习”下的“导览”页。",
    "tours.wrong.stop": "链接中的站点不在这个导览里；各站列在“学习”下的“导览”页。",
    # CBAM vs GAM
    "tours.title.cbam-vs-gam": "六步看懂 CBAM 与 GAM",
    "tours.about.cbam-vs-gam": "两个模块如何算出用来乘特征的数，差别在哪里，代价是多少。",
    "tours.stop.cbam-vs-gam.answer": "同一张图，同一个回答",
    "tours.says.cbam-vs-gam.answer": "两个小网络，除了每个块里的[[attention-module|注意力模块]]以外完全相同：左边是 CBAM，右边是 GAM。两者都答帆船，把握也差不多。"
    "不同的是它们沿途用来乘特征的[[gate|门控]]；接下来几站打开第 2.2 层的门控来看。",
    "tours.stop.cbam-vs-gam.squeeze": "模块看到什么",
    "tours.says.cbam-vs-gam.squeeze": "CBAM 先做[[pooling|池化]]：每个[[channel|通道]]只剩平均值和最大值，“在哪里”的信息就此丢失。GAM 什么都不池化，只是[[permute|调换维度]]，"
    "好让下一步在每个位置上单独处理各通道。",
    "tours.stop.cbam-vs-gam.channel": "一个权重，还是处处都有",
    "tours.says.cbam-vs-gam.channel": "CBAM 以 [[sigmoid|sigmoid]] 收尾：每个通道一个 0 到 1 之间的权重，整张图处处相同。教程所印的 GAM 在这里没有 sigmoid："
    "每个通道在每个位置上都有一个大小不限的数。其中许多是负数，会反转特征的符号，所以权重大并不等于重要。",
    "tours.stop.cbam-vs-gam.mask": "一张掩码，还是每个通道一张",
    "tours.says.cbam-vs-gam.mask": "CBAM 所有通道共用一张[[mask|掩码]]，原样显示。GAM 每个通道各有一张；画出来的是它们的[[effective-gain|有效增益]]，这只是把它们合成一张图的一种办法。"
    "在左边改选“简单平均”，GAM 的图就几乎变平了：图是怎么做出来的，本身就是图所说的一部分。",
    "tours.stop.cbam-vs-gam.matter": "回答取决于它们吗？",
    "tours.says.cbam-vs-gam.matter": "逐个把门控[[ablation|换成]] 1，让特征原样通过，网络再回答一次。实心点表示判断变了。这里 GAM 有几个门控会改变判断，CBAM 一个也没有："
    "在这张图上，GAM 的回答取决于个别门控，CBAM 则不然。",
    "tours.stop.cbam-vs-gam.cost": "代价是多少",
    "tours.says.cbam-vs-gam.cost": "越靠右越贵，而且横轴是对数轴：GAM 增加的[[parameter|参数]]是 CBAM 的一百多倍。灰色带是没有注意力的网络，两个模块都没有高出它。"
    "在这些场景上，注意力没有换来可以测出的准确率提升。",
    # Is that map true?
    "tours.title.true-map": "这张图可信吗？",
    "tours.about.true-map": "两张看上去像理由的图，以及一张图在成为理由之前必须回答的五个问题。",
    "tours.stop.true-map.picture": "同一个回答的两张图",
    "tours.says.true-map.picture": "两个网络都答帆船。在第 3.1 层，GAM 的图落在船上，CBAM 的[[mask|掩码]]却落在船的周围。是不是一个看对了地方、另一个没有？"
    "只看图，谁也说不准。",
    "tours.stop.true-map.gates": "门控起作用吗？",
    "tours.says.true-map.gates": "逐个把门控[[ablation|换成]] 1，网络再回答一次。靠近 0 的点，是换掉也几乎无所谓的门控：这种门控的图，并没有显示对这次回答重要的东西。只有实心点改变了判断。",
    "tours.stop.true-map.misleading": "一张误导人的图",
    "tours.says.true-map.misleading": "按图所标的次序删去像素，就是[[deletion|删除]]曲线。按 CBAM 第 3.1 层的掩码（左，粗线）删，回答比随机次序（灰色）撑得更久：它标出的恰恰是回答不依赖的地方。"
    "按 GAM 同一层的图（右）删，回答立刻就垮。",
    "tours.stop.true-map.faithful": "一张不误导的图",
    "tours.says.true-map.faithful": "同一个网络，往前一层：CBAM 第 2.2 层的掩码胜过每一种随机次序。所以忠实与否的不是模块，而是某一层在某张图片上的某一张图，每一张都要检验。",
    "tours.stop.true-map.randomised": "是学来的吗？",
    "tours.says.true-map.randomised": "现在把权重从分类头开始逐段换成随机数。如果图不变，它说的就是图片，而不是学到的东西（Adebayo 等人的[[randomisation|检验]]）。"
    "第 2.2 层的掩码没有留下来；而表中的导向反向传播，在从未学过任何东西的网络里仍与自己有几分相像。",
    "tours.stop.true-map.agreed": "各图一致吗？",
    "tours.says.true-map.agreed": "每两张图按[[rank-correlation|格子的次序]]相比。框出的是两个网络第 2.2 层的掩码，它们比同样平滑的随机图更相像。这是好迹象，却不是证明：两张图可以一起错。",
    "tours.stop.true-map.board": "看许多图片",
    "tours.says.true-map.board": "一张图片只是个例。在合成的场景里，物体在哪里是已知的，因此可以给图打分，首先是同没有任何网络参与的图（空心圈）相比。"
    "CBAM 的掩码合起来指向物体的次数，与画在正中的一个钟形差不多；GAM 的更多。而没有一个网络的 Grad-CAM 胜过无注意力网络的。",
    # The shortcut
    "tours.title.shortcut": "抓住捷径",
    "tours.about.shortcut": "两个因为错误的理由而答对的网络，以及图和测量如何揭穿它们。",
    "tours.stop.shortcut.right": "几乎总是对的",
    "tours.says.shortcut.right": "两个网络都答汽车，测试准确率也高得不能再高。你信任它们吗？看图片的角落：有一个小角标。在它们学习用的图片里，每个类别都有自己的角标。",
    "tours.stop.shortcut.wrong": "同一辆车，换个角标",
    "tours.says.shortcut.wrong": "只换了角标：现在是鱼的那一种。汽车的每个像素都没有变，两个网络却都答鱼。角标就是一条[[shortcut|捷径]]：它泄露答案，却不是事物本身。",
    "tours.stop.shortcut.attributions": "问它们理由",
    "tours.says.shortcut.attributions": "用 [[gradcam|Grad-CAM]] 和[[integrated-gradients|积分梯度]]问：是什么支持“鱼”？两个网络的两种图都指向角落。测试准确率看不出这一点：测试图片也带着这样的角标。",
    "tours.stop.shortcut.region": "用数字说",
    "tours.says.shortcut.region": "每张图有多少落在角标上，与角标所占的那一点面积（虚线）相比。[[attribution|归因]]图落在其上的是面积的许多倍，GAM 的掩码也有几倍。"
    "CBAM 的掩码却几乎没有多出来：前几层的最大值在角标上（实心），后几层的在别处（空心圈）。",
    "tours.stop.shortcut.faithful": "回答取决于它吗？",
    "tours.says.shortcut.faithful": "先删去 Grad-CAM 所标的像素（[[deletion|删除]]，上），或先放回它们（[[insertion|插入]]，下）。鱼的概率随最初的像素消失，也随它们出现。所以图是忠实的，出错的是网络。",
    "tours.stop.shortcut.board": "在所有场景上",
    "tours.says.shortcut.board": "只是这一张图片如此吗？看全部测试场景：带自己的角标时答得对，没有角标就很难答对，带别类的角标时几乎每个回答都跟着角标走。有没有注意力都是这样：注意力模块挡不住捷径。",
}
