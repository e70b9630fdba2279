"""What the Glossary page says: a name and one sentence a term. Tooltips show the sentence, so it is plain text."""

_TERMS_EN = {
    "attention-module": (
        "attention module",
        "A small part of a network that multiplies features by numbers it computes from those same features.",
    ),
    "gate": (
        "gate",
        "The numbers that an attention module multiplies features by: 1 leaves a feature unchanged, 0 removes it, and a "
        "negative number turns its sign.",
    ),
    "channel-gate": (
        "channel gate",
        "A gate with a weight for every channel: in SE and CBAM one for the whole picture, in GAM another one at every "
        "position.",
    ),
    "spatial-gate": (
        "spatial gate",
        "A gate with a number for every position: in CBAM one mask for all channels, in GAM a mask for every channel.",
    ),
    "mask": (
        "mask",
        "The values of a spatial gate laid over the picture, between 0 and 1; bright is what passes, which need not be "
        "what the answer hangs on.",
    ),
    "effective-gain": (
        "effective gain",
        "By how much GAM's two gates together scale a position, whatever the sign: the mean over channels of channel "
        "gate times mask, without signs.",
    ),
    "se": (
        "SE, squeeze-and-excitation",
        "Attention module with one weight a channel, computed from the mean of each channel.",
    ),
    "cbam": (
        "CBAM, convolutional block attention module",
        "Attention module with one weight a channel, computed from each channel's mean and maximum, and then one mask "
        "for all channels.",
    ),
    "gam": (
        "GAM, global attention mechanism",
        "Attention module without pooling: a weight for every channel at every position, and then a mask for every "
        "channel; printed code leaves out the sigmoid that the paper's figure puts on the weights.",
    ),
    "feature-map": (
        "feature map",
        "What a layer computes from the picture: a grid of H by W positions with C numbers at each.",
    ),
    "channel": (
        "channel",
        "One of the C numbers at every position of a feature map, seen over all positions: the answers of one filter.",
    ),
    "pooling": (
        "pooling",
        "Many numbers become one, their mean or their maximum; over all positions, what is left of a channel no longer "
        "says where.",
    ),
    "mlp": (
        "MLP, multilayer perceptron",
        "Two layers of dot products with a ReLU between them; in attention modules the middle is narrower than the ends.",
    ),
    "hidden-unit": (
        "hidden unit",
        "One number in the middle of an MLP: a dot product of the input with weights of its own, cut off at 0.",
    ),
    "reduction-ratio": (
        "reduction ratio r",
        "How many times narrower a module's middle is than its ends: a larger r means fewer parameters.",
    ),
    "dot-product": (
        "dot product",
        "Multiply two lists of numbers pair by pair and add everything up; it is large where the two are alike.",
    ),
    "sigmoid": (
        "sigmoid",
        "A function that squeezes any number into the range from 0 to 1; 0 becomes one half.",
    ),
    "relu": ("ReLU", "A function that keeps positive numbers and makes negative ones 0."),
    "batch-norm": (
        "batch norm",
        "Shifts and scales each channel by its mean and variance in the training data, and then by two learnt numbers.",
    ),
    "convolution": (
        "convolution",
        "The same dot product at every position, of a kernel with the neighbourhood it lies on, over all channels.",
    ),
    "kernel": ("kernel", "The weights of one filter of a convolution, for instance 7 by 7 positions in every channel."),
    "receptive-field": (
        "receptive field",
        "The part of the input that one output number can depend on: two 7 by 7 convolutions in a row see 13 by 13 "
        "positions.",
    ),
    "padding": (
        "padding",
        "Zeros around the feature map, so that a convolution's output stays as large; they are why borders often stand "
        "out.",
    ),
    "permute": (
        "permute",
        "Reorders the axes of an array, so that an MLP works along the channels at each position; no number changes.",
    ),
    "group-convolution": (
        "group convolution",
        "A convolution whose channels are split into g groups that do not see each other: g times fewer weights.",
    ),
    "channel-shuffle": (
        "channel shuffle",
        "Deals the channels of all groups out anew, so that the next group convolution sees some of each.",
    ),
    "depthwise-separable": (
        "depthwise separable convolution",
        "A convolution in two steps: each channel alone over positions, then all channels together at each position.",
    ),
    "factorised-convolution": (
        "factorised convolution",
        "A k by k convolution replaced by one along the rows and one along the columns.",
    ),
    "residual-block": (
        "residual block",
        "A few layers whose result is added to their input; the attention module scales the result before it is added.",
    ),
    "stage": (
        "stage",
        "A run of residual blocks at one resolution: layer 2.1 is block 1 of stage 2; each later stage halves the grid "
        "and has more channels.",
    ),
    "logit": ("logit", "A network's score for a class before softmax: any number, larger for likelier classes."),
    "softmax": ("softmax", "Turns the logits of all classes into probabilities that sum to 1."),
    "target": (
        "target",
        "The class that an explanation speaks of: the predicted one, unless another is chosen; gates have none.",
    ),
    "margin": (
        "margin",
        "The target's logit minus the largest of the others; below 0 the network decides for another class.",
    ),
    "parameter": ("parameter", "A number that training sets: a weight, a bias, or a batch norm's scale and shift."),
    "mac": (
        "MAC, multiply-add",
        "One multiplication and one addition, the unit of a network's work; some papers call it a FLOP, others count "
        "two FLOPs for it.",
    ),
    "activation-memory": (
        "activation memory",
        "Memory for the feature maps of a pass; training keeps all of them for the gradients.",
    ),
    "latency": (
        "latency",
        "Time from picture to answer on one device; it does not follow from MACs alone.",
    ),
    "bn-folding": (
        "folding of batch norm",
        "After training, a batch norm behind a convolution is worked into its weights: the same answers, a layer less.",
    ),
    "seed": (
        "seed",
        "The number that random choices start from; the same training with another seed gives another network.",
    ),
    "validation": (
        "validation set",
        "Pictures kept out of training by which settings and epochs are chosen; the test set is left alone until the end.",
    ),
    "confidence-interval": (
        "95 % confidence interval",
        "A range computed from a sample that holds the true value in 95 of 100 repetitions; for a share of right answers, "
        "Wilson's.",
    ),
    "mcnemar": (
        "McNemar's test",
        "Whether two networks differ in more pictures than chance allows, counting only pictures that one alone gets "
        "right (b and c).",
    ),
    "calibration-error": (
        "expected calibration error",
        "How far stated confidence and share of right answers lie apart, averaged over bins of confidence.",
    ),
    "attribution": (
        "attribution",
        "A map that says how much each pixel, or cell, contributed to one class's logit, by some method's rule.",
    ),
    "saliency": ("saliency", "The gradient of the target's logit: how it moves when a pixel changes a little."),
    "gradcam": (
        "Grad-CAM",
        "A layer's channels, each weighted by its mean gradient and added up; only what speaks for the class is kept.",
    ),
    "integrated-gradients": (
        "integrated gradients",
        "Gradients averaged on the way from a baseline to the picture, times the way; they sum to the change of the "
        "logit.",
    ),
    "baseline": (
        "baseline",
        "The picture that stands for nothing being there, such as the mean colour or a blurred copy; another baseline "
        "gives another map.",
    ),
    "convergence-delta": (
        "convergence delta",
        "What is missing between the sum of an attribution and the change of the logit it should explain; near 0 the "
        "sum was computed well.",
    ),
    "occlusion": ("occlusion", "How far the logit falls when a window of the picture is covered, window by window."),
    "ablation": (
        "ablation",
        "Replace a part, here a gate, and watch whether the answer changes: a measured effect instead of a picture.",
    ),
    "deletion": (
        "deletion",
        "Pixels are removed, those that a map marks most first; the sooner the probability falls, the smaller the area "
        "under the curve, the better the map.",
    ),
    "insertion": (
        "insertion",
        "Pixels are put back into an emptied picture, those that a map marks most first; a larger area under the curve "
        "is better.",
    ),
    "infidelity": (
        "infidelity",
        "The share of what random squares do to the logit that a map, scaled to fit best, does not foretell.",
    ),
    "max-sensitivity": (
        "max-sensitivity",
        "The largest relative change of a map when the picture changes imperceptibly.",
    ),
    "randomisation": (
        "randomisation test",
        "Replace a network's weights by random ones: a map that stays the same shows nothing that was learnt.",
    ),
    "rank-correlation": (
        "rank correlation",
        "How alike two maps order their cells: 1 for the same order, 0 for none in common, -1 for the opposite.",
    ),
    "energy": (
        "mass inside",
        "The share of a map's positive values that lies in a region; a flat map has the region's area.",
    ),
    "pointing": ("pointing game", "Whether a map's largest value lies in a region."),
    "iou": (
        "overlap (IoU)",
        "Intersection over union: what two regions share, divided by what they cover together.",
    ),
    "shortcut": (
        "shortcut",
        "A hint that gives the answer away in training pictures without being the thing itself, such as a mark in a "
        "corner.",
    ),
}

_TERMS_ZH = {
    "attention-module": (
        "注意力模块（attention module）",
        "网络中的一小部分：由特征本身算出一组数，再把特征乘以这组数。",
    ),
    "gate": (
        "门控（gate）",
        "注意力模块用来乘特征的那组数：1 表示特征不变，0 表示去掉，负数则反转符号。",
    ),
    "channel-gate": (
        "通道门控（channel gate）",
        "每个通道都有权重的门控：在 SE 和 CBAM 中，每个通道整张图共用一个权重；在 GAM 中，每个位置各有一个。",
    ),
    "spatial-gate": (
        "空间门控（spatial gate）",
        "每个位置都有数值的门控：CBAM 所有通道共用一张掩码，GAM 每个通道各有一张。",
    ),
    "mask": (
        "掩码（mask）",
        "空间门控的数值铺在图片上，介于 0 和 1 之间；亮处表示特征得以通过，却未必是回答所依赖的地方。",
    ),
    "effective-gain": (
        "有效增益（effective gain）",
        "GAM 的两个门控合起来把一个位置放大或缩小多少（不计正负）：通道门控与掩码之积的绝对值，对各通道取平均。",
    ),
    "se": (
        "SE，压缩与激励（squeeze-and-excitation）",
        "一种注意力模块：由每个通道的平均值，为每个通道算出一个权重。",
    ),
    "cbam": (
        "CBAM，卷积块注意力模块（convolutional block attention module）",
        "一种注意力模块：先由每个通道的平均值和最大值为每个通道算出一个权重，再为所有通道算出一张共用的掩码。",
    ),
    "gam": (
        "GAM，全局注意力机制（global attention mechanism）",
        "一种不做池化的注意力模块：先为每个通道的每个位置算出一个权重，再为每个通道算出一张掩码；流传的代码省去了论文插图中权重末端的 sigmoid。",
    ),
    "feature-map": ("特征图（feature map）", "一层网络由图片算出的结果：H×W 个位置，每个位置有 C 个数。"),
    "channel": ("通道（channel）", "特征图每个位置上 C 个数中的一个，放到所有位置来看，就是一个滤波器的响应。"),
    "pooling": (
        "池化（pooling）",
        "把许多数变成一个数，取平均或取最大；对所有位置池化之后，通道里就不再有“在哪里”的信息。",
    ),
    "mlp": ("多层感知机（MLP）", "两层点积，中间夹一个 ReLU；注意力模块里的 MLP 中间窄、两头宽。"),
    "hidden-unit": ("隐藏单元（hidden unit）", "MLP 中间的一个数：输入与它自己那组权重的点积，小于 0 的截为 0。"),
    "reduction-ratio": (
        "缩减率 r（reduction ratio）",
        "模块中间比两头窄多少倍：r 越大，参数越少。",
    ),
    "dot-product": ("点积（dot product）", "两组数逐个相乘再全部相加；两组数越相像，结果越大。"),
    "sigmoid": ("S 形函数（sigmoid）", "把任意数压到 0 与 1 之间的函数；0 变成二分之一。"),
    "relu": ("线性整流（ReLU）", "保留正数、把负数变成 0 的函数。"),
    "batch-norm": (
        "批归一化（batch norm）",
        "先用训练数据中的均值和方差对每个通道平移、缩放，再用两个学到的数平移、缩放一次。",
    ),
    "convolution": (
        "卷积（convolution）",
        "在每个位置做同样的点积：卷积核与它所覆盖的邻域相乘相加，所有通道一起算。",
    ),
    "kernel": ("卷积核（kernel）", "卷积中一个滤波器的权重，例如每个通道上 7×7 个位置。"),
    "receptive-field": (
        "感受野（receptive field）",
        "一个输出数所能依赖的输入范围：连续两个 7×7 卷积能看到 13×13 个位置。",
    ),
    "padding": (
        "填充（padding）",
        "在特征图四周补零，使卷积的输出保持原来的大小；图的边缘常显得突出，原因也在这里。",
    ),
    "permute": (
        "维度重排（permute）",
        "调换数组各维的次序，使 MLP 在每个位置上沿通道计算；数值本身不变。",
    ),
    "group-convolution": (
        "分组卷积（group convolution）",
        "把通道分成互不相见的 g 组再做卷积：权重减少为 g 分之一。",
    ),
    "channel-shuffle": (
        "通道混洗（channel shuffle）",
        "把各组的通道重新分发，让下一个分组卷积能看到每一组的一部分。",
    ),
    "depthwise-separable": (
        "深度可分离卷积（depthwise separable convolution）",
        "分两步的卷积：先让每个通道各自在空间上卷积，再在每个位置上把所有通道合起来。",
    ),
    "factorised-convolution": (
        "分解卷积（factorised convolution）",
        "把 k×k 卷积换成一个沿列、一个沿行的卷积。",
    ),
    "residual-block": (
        "残差块（residual block）",
        "若干层的结果与其输入相加；注意力模块在相加之前缩放这个结果。",
    ),
    "stage": (
        "阶段（stage）",
        "同一分辨率下的一串残差块：层 2.1 即第 2 阶段的第 1 块；每进入下一阶段，网格边长减半，通道增多。",
    ),
    "logit": ("未归一化得分（logit）", "softmax 之前网络给某个类别的得分：可以是任意数，越大表示越可能。"),
    "softmax": ("归一化指数函数（softmax）", "把所有类别的 logit 变成和为 1 的概率。"),
    "target": (
        "目标类别（target）",
        "解释所针对的类别：默认是网络预测的类别，也可另选；门控没有目标类别。",
    ),
    "margin": (
        "间隔（margin）",
        "目标类别的 logit 减去其余类别中最大的 logit；小于 0 时网络会选别的类别。",
    ),
    "parameter": ("参数（parameter）", "由训练确定的数：权重、偏置，或批归一化的缩放与平移。"),
    "mac": (
        "乘加次数（MAC, multiply-add）",
        "一次乘法加一次加法，是衡量网络计算量的单位；有的论文称之为一个 FLOP，有的算作两个 FLOP。",
    ),
    "activation-memory": (
        "激活内存（activation memory）",
        "一次前向计算中存放各特征图的内存；训练时为了求梯度要全部保留。",
    ),
    "latency": ("延迟（latency）", "在某台设备上从输入图片到得出回答的时间；只看乘加次数推不出来。"),
    "bn-folding": (
        "批归一化折叠（folding of batch norm）",
        "训练之后，把紧跟在卷积后面的批归一化并入卷积的权重：回答相同，少一层。",
    ),
    "seed": ("随机种子（seed）", "随机选择的起点；同样的训练换一个种子，就得到另一个网络。"),
    "validation": (
        "验证集（validation set）",
        "不参与训练、用来挑选设置和轮次的图片；测试集则留到最后才用。",
    ),
    "confidence-interval": (
        "95 % 置信区间（confidence interval）",
        "由样本算出的范围，重复 100 次约有 95 次包含真值；对正确率，用的是 Wilson 区间。",
    ),
    "mcnemar": (
        "McNemar 检验（McNemar's test）",
        "只数恰有一个网络答对的图片（b 和 c），看两个网络的差别是否超出偶然。",
    ),
    "calibration-error": (
        "期望校准误差（expected calibration error）",
        "按置信度分组后，网络声称的置信度与实际正确率平均相差多少。",
    ),
    "attribution": (
        "归因（attribution）",
        "按某种方法的规则，说明每个像素或格子对某一类别的 logit 贡献了多少的图。",
    ),
    "saliency": ("显著性（saliency）", "目标类别 logit 的梯度：某个像素稍有变化时，logit 如何变动。"),
    "gradcam": (
        "Grad-CAM（gradient-weighted class activation mapping）",
        "把一层的各个通道按其平均梯度加权求和；只保留支持该类别的部分。",
    ),
    "integrated-gradients": (
        "积分梯度（integrated gradients）",
        "从基线到图片沿途梯度的平均，再乘以这段路程；其总和等于 logit 的变化。",
    ),
    "baseline": (
        "基线（baseline）",
        "代表“什么都没有”的图片，例如平均颜色或模糊后的图片；基线不同，得到的图也不同。",
    ),
    "convergence-delta": (
        "收敛误差（convergence delta）",
        "归因之和与它应当解释的 logit 变化之间的差；接近 0 说明求和算得准。",
    ),
    "occlusion": ("遮挡（occlusion）", "逐个遮住图片上的窗口，看 logit 下降多少。"),
    "ablation": (
        "消融（ablation）",
        "把某个部分（这里是门控）换掉，看回答是否改变：这是测出来的作用，而不只是一张图。",
    ),
    "deletion": (
        "删除（deletion）",
        "按图所标的次序，先从最突出的像素删起；概率降得越早、曲线下面积越小，图就越好。",
    ),
    "insertion": (
        "插入（insertion）",
        "按图所标的次序，把像素放回清空的图片，先放最突出的；曲线下面积越大越好。",
    ),
    "infidelity": (
        "不忠实度（infidelity）",
        "随机方块对 logit 的影响中，这张图（缩放到最吻合后）没能预示的那一份。",
    ),
    "max-sensitivity": (
        "最大敏感度（max-sensitivity）",
        "图片发生察觉不到的变化时，图的最大相对变化。",
    ),
    "randomisation": (
        "权重随机化检验（randomisation test）",
        "把网络的权重换成随机数：若图仍然不变，它显示的就不是学到的东西。",
    ),
    "rank-correlation": (
        "秩相关（rank correlation）",
        "两张图对格子的排序有多像：1 为次序相同，0 为毫无共同之处，-1 为完全相反。",
    ),
    "energy": ("落在其中的质量（mass inside）", "图的正值中落在某个区域内的比例；均匀的图等于该区域的面积。"),
    "pointing": ("指向（pointing game）", "图的最大值是否落在某个区域内。"),
    "iou": ("交并比（IoU）", "两个区域重合的部分除以它们一共覆盖的部分。"),
    "shortcut": (
        "捷径（shortcut）",
        "训练图片中泄露答案、却并非事物本身的线索，例如角落里的标记。",
    ),
}

EN = {
    "glossary.nav": "Glossary",
    "glossary.title": "What does this word mean?",
    "glossary.search": "Search",
    "glossary.search_hint": "gate, sigmoid, 卷积 …",
    "glossary.nothing": "No term holds “{words}”.",
    "glossary.unknown": "The glossary has no such term; below are those it has.",
    "glossary.count": "{count} terms, in the words of this app. Sources are where a term was introduced or is well explained.",
    "glossary.group.modules": "Attention modules",
    "glossary.group.inside": "Inside a module",
    "glossary.group.cost": "Networks and what they cost",
    "glossary.group.evidence": "Explanations and their evidence",
    "glossary.here": "as this project uses it",
    "glossary.entry": "**{term}** — {sentence}",
    "glossary.related": "See also: {terms}",
    "glossary.comma": ", ",
}

ZH = {
    "glossary.nav": "术语",
    "glossary.title": "这个词是什么意思？",
    "glossary.search": "搜索",
    "glossary.search_hint": "门控、卷积、sigmoid……",
    "glossary.nothing": "没有包含“{words}”的术语。",
    "glossary.unknown": "术语表里没有这个词；下面是已有的术语。",
    "glossary.count": "共 {count} 个术语，按本应用的用法解释。来源是提出该术语或讲解得清楚的文献。",
    "glossary.group.modules": "注意力模块",
    "glossary.group.inside": "模块内部",
    "glossary.group.cost": "网络及其代价",
    "glossary.group.evidence": "解释与证据",
    "glossary.here": "按本项目的用法",
    "glossary.entry": "**{term}**：{sentence}",
    "glossary.related": "另见：{terms}",
    "glossary.comma": "、",
}

for _words, _terms in ((EN, _TERMS_EN), (ZH, _TERMS_ZH)):
    _words |= {f"glossary.term.{name}": term for name, (term, _) in _terms.items()}
    _words |= {f"glossary.says.{name}": sentence for name, (_, sentence) in _terms.items()}
