"""What the Inside page says where one changes something and sees what follows."""

EN: dict[str, str] = {
    # Shared
    "try.none": "None of these networks has gates in layer {layer}.",
    "try.absent": "{name} has no gates in layer {layer}.",
    "try.level": "What is changed",
    "try.level.features": "the layer's own features",
    "try.level.picture": "the picture",
    "try.gate.channel": "Channel gate",
    "try.gate.spatial": "Spatial gate",
    "try.before": "before",
    "try.after": "after",
    "try.change": "change",
    "try.count": "changed at {changed} of {positions}",
    "try.scale": "Largest change over all [[channel|channels]], in powers of ten. Where only the pale picture is seen, "
    "not a single bit changed.",
    "try.scale_alt": "Colour scale of changes in powers of ten, from 0.0001 to {top:g}",
    "try.of_part": "**Layer {layer}.** {said}",
    "try.answer.same": "The answer stays {predicted}, from {before:.2%} to {after:.2%}.",
    "try.answer.other": "The answer turns from {predicted} ({before:.1%} before, now {after:.1%}) to {now} "
    "({of_now:.1%}).",
    # One place
    "try.pixel.do.features": "**Choose a position of the [[feature-map|feature map]].** Every feature there is raised "
    "by two standard deviations of its channel; all other positions stay as they are. The maps show where each "
    "[[gate|gate]] changed.",
    "try.pixel.do.picture": "**Choose a pixel and give it another colour.** The picture then runs through the whole "
    "network; the maps show where this layer's [[gate|gates]] changed.",
    "try.pixel.colour": "New colour (it is {own})",
    "try.pixel.outline.features": "Pink: the changed position. Dashes: what the gate's own [[convolution|convolutions]] "
    "can see it from, told by their [[kernel|kernels]] alone.",
    "try.pixel.outline.picture": "Dashes: what the [[convolution|convolutions]] up to here can carry the pixel to, told "
    "by their [[kernel|kernels]] alone; averages over the map are left out.",
    "try.pixel.nothing": "{gate}: nothing changes, not by a single bit.",
    "try.pixel.blocked": "{gate}: nothing changes, not by a single bit, though a path leads here: what lies on the way "
    "lets nothing through, as [[hidden-unit|hidden units]] whose [[relu|ReLU]] is off.",
    "try.pixel.constant": "The [[channel-gate|channel gate]] has one value a channel, taken from the whole map, so it "
    "changes at all {positions} positions at once, by at most {largest}.",
    "try.pixel.channel": "The [[channel-gate|channel gate]] changes at {changed} of {positions} positions, by at most "
    "{largest}: its [[mlp|MLP]] looks at each position alone.",
    "try.pixel.channel_picture": "The [[channel-gate|channel gate]] changes at {changed} of {positions} positions, by "
    "at most {largest}; the convolutions before it have spread the pixel over {rows} × {columns}.",
    "try.pixel.spatial": "The [[spatial-gate|spatial gate]] changes at {changed} of {positions} positions, by at most "
    "{largest}: all of them lie in the {rows} × {columns} positions that its convolutions see this one from.",
    "try.pixel.spatial_cut": "The [[spatial-gate|spatial gate]] changes at {changed} of {positions} positions, by at most "
    "{largest}: all of them lie in the {rows} × {columns} positions that its convolutions see this one from, what the "
    "map's edge leaves of {field}.",
    "try.pixel.spatial_covered": "The [[spatial-gate|spatial gate]] changes at {changed} of {positions} positions, by at "
    "most {largest}; the {field} field of its convolutions covers this whole small map, so an earlier layer shows more.",
    "try.pixel.spatial_around": "The [[mask|mask]] changes at {changed} of {positions} positions: by up to {largest} in "
    "the {rows} × {columns} positions that its convolution sees this one from, and by up to {elsewhere} everywhere "
    "else, because the changed channel weights scale what it summarises.",
    "try.pixel.spatial_picture": "The [[spatial-gate|spatial gate]] changes at {changed} of {positions} positions, by at "
    "most {largest}.",
    "try.pixel.around": "Beyond the dashes the change came through averages over the whole map, here or in a block "
    "before.",
    # Patches
    "try.patches.do.features": "**Shuffle the patches of the layer's features**, as the two pictures show it. Nothing is "
    "lost, only *where* changes: which of the [[gate|gates]] notice?",
    "try.patches.do.picture": "**Shuffle the patches of the picture itself.** It then runs through the whole network, "
    "whose [[convolution|convolutions]] meet new edges wherever two patches touch.",
    "try.patches.too_small": "The map of layer {layer} has a single position: there is nothing to shuffle.",
    "try.patches.grid": "Patches a side",
    "try.patches.again": "Shuffle again",
    "try.patches.seed": "Seed",
    "try.patches.before_alt": "The picture as the networks saw it",
    "try.patches.after_alt": "The picture with {grid} by {grid} patches shuffled",
    "try.patches.bars": "Channel gate: {channels} weights before (bars) and after (pink)",
    "try.patches.maps_channel": "Channel gate, channel {channel}, and the difference once it is moved back",
    "try.patches.maps_spatial": "Spatial gate, channel {channel}, and the difference once it is moved back",
    "try.patches.maps_one": "Spatial gate, one for all channels, and the difference once it is moved back",
    "try.patches.difference": "difference",
    "try.patches.channel_scale": "Channel gates that differ between positions; 0 removes a feature, 1 leaves it.",
    "try.patches.mask_scale": "Spatial gates, the range that they can have.",
    "try.patches.answers": "Answer to the shuffled picture",
    "try.patches.untold": "The {height} × {width} map cannot be cut into {grid} × {grid} patches, so its gate cannot be "
    "moved back and compared.",
    "try.patches.constant_same": "The {channels} channel weights are what they were (largest difference {largest}): they "
    "are [[pooling|pooled]] over the whole map, and pooling does not know *where*.",
    "try.patches.constant_other": "The {channels} channel weights change by up to {largest}: not because they know "
    "where, but because the convolutions before them met the patches' new edges.",
    "try.patches.channel_same": "Moved back, the [[channel-gate|channel gate]] is what it was (largest difference "
    "{largest}): it looks at each position alone and knows no neighbour.",
    "try.patches.channel_other": "Moved back, the [[channel-gate|channel gate]] differs by up to {largest}: the features "
    "that it looks at met new neighbours in the convolutions before.",
    "try.patches.spatial_same": "Moved back, the [[spatial-gate|spatial gate]] is what it was (largest difference "
    "{largest}).",
    "try.patches.spatial_all": "Moved back, the [[spatial-gate|spatial gate]] differs by {mean} on average and {largest} "
    "at most.",
    "try.patches.spatial_across": "Moved back, the [[spatial-gate|spatial gate]] differs by up to {largest}: on average "
    "{near} at the patches' borders and {far} in their middles, from where its convolutions still see across.",
    "try.patches.spatial_inside": "Moved back, the [[spatial-gate|spatial gate]] differs by up to {largest}: on average "
    "{near} at the patches' borders, and not at all in their middles, where its convolutions see nothing new.",
    # Options
    "try.options.do": "**Build GAM otherwise**, for the {channels} channels of {height} × {width} that layer {layer} has "
    "here, and see what each option costs and what it lets a [[mask|mask]] see.",
    "try.options.printed": "GAM as printed",
    "try.options.yours": "with your options",
    "try.options.gate": "Channel gate",
    "try.options.gate.none": "as computed",
    "try.options.gate.sigmoid": "through a sigmoid",
    "try.options.rate": "Reduction ratio r",
    "try.options.form": "7×7 convolutions",
    "try.options.form.full": "full",
    "try.options.form.factorised": "7×1 and 1×7",
    "try.options.form.depthwise": "depthwise",
    "try.options.groups": "Groups",
    "try.options.place": "Channel shuffle",
    "try.options.place.between": "between the two",
    "try.options.place.last": "on the mask",
    "try.options.place.none": "none",
    "try.options.refused.rate": "A reduction ratio of {rate} leaves no hidden channel of {channels}: it may be at most "
    "{channels}.",
    "try.options.refused.groups": "{groups} groups must divide both widths of the convolutions, {channels} channels and "
    "{hidden} hidden ones ({channels} / {rate}); choose fewer groups or a smaller reduction ratio.",
    "try.options.refused.groups_form": "Groups go with the full 7×7 convolutions: the other two forms are cheap in "
    "another way. Choose 1 group or the full form.",
    "try.options.parameters": "Parameters",
    "try.options.macs": "Multiply-adds",
    "try.options.times": "× {ratio:.3g}",
    "try.options.range": "Channel gate",
    "try.options.range.none": "any number",
    "try.options.range.sigmoid": "0 to 1",
    "try.options.field": "Field of a mask",
    "try.options.sees": "Channels a mask sees",
    "try.options.of": "{seen} of {channels}",
    "try.options.matrix": "Which of the {channels} input channels (across) the [[mask|mask]] of each channel (down) is "
    "computed from in the spatial branch:",
    "try.options.matrix_alt": "Matrices of channels seen by masks; channels seen by each: {counts}",
    "try.options.input": "input channel",
    "try.options.mask": "mask of channel",
    "try.options.step": "Step",
    "try.options.tensor": "C×H×W",
    "try.options.too_few": "Layer {layer} has {channels} channels, too few for the printed module's reduction ratio of "
    "{rate}.",
    "try.options.same": "These are the options of the printed module: nothing differs.",
    "try.options.cost": "With these options the module has {parameters:.3g} times the [[parameter|parameters]] and "
    "{macs:.3g} times the [[mac|multiply-adds]] of the printed one.",
    "try.options.cost_same": "With these options the module costs what the printed one does.",
    "try.options.sees_field": "A mask sees {seen} of {channels} channels over {rows} × {columns} positions.",
    "try.options.placed.between": "Shuffled between the two [[group-convolution|grouped convolutions]], each group of "
    "the second meets hidden channels of several groups of the first.",
    "try.options.placed.last": "Shuffled after the mask is finished, nothing is mixed: each mask still saw one of the "
    "{groups} groups, and now mostly weighs a channel of another group.",
    "try.options.placed.none": "Without a [[channel-shuffle|shuffle]] the {groups} groups never meet.",
    "try.options.squashed": "The [[sigmoid|sigmoid]] costs no parameter, and keeps the channel gate from turning signs or "
    "enlarging features.",
    "try.step.input": "Features in",
    "try.step.linear": "Linear, each position alone",
    "try.step.relu": "ReLU",
    "try.step.sigmoid": "Sigmoid",
    "try.step.channel_gate": "Channel gate (linear)",
    "try.step.channel_sigmoid": "Channel gate (sigmoid)",
    "try.step.gated": "Features × channel gate",
    "try.step.conv": "Convolution {rows}×{columns}",
    "try.step.conv_groups": "Convolution {rows}×{columns}, {groups} groups",
    "try.step.bn": "Batch norm",
    "try.step.shuffle": "Shuffle of {groups} groups",
    "try.step.mask": "Spatial gate (sigmoid)",
    "try.step.mask_shuffle": "Spatial gate (shuffle of {groups} groups)",
    "try.step.output": "Features out, × spatial gate",
    # Trained
    "try.trained.choose": "Choose other options to see a trained network of them beside the printed one, where there is "
    "one.",
    "try.trained.none": "No network with just these options was trained on {data}, so only shape and cost are shown: "
    "random weights would say nothing about its gates.",
    "try.trained.about": "Both were trained on {data}. Their gates on this picture, layer {layer}, on one scale each for "
    "weights and for maps:",
    "try.trained.scale": "One scale for both maps; the gain has no upper bound.",
}

ZH: dict[str, str] = {
    # 共用
    "try.none": "所选网络在第 {layer} 层都没有门控。",
    "try.absent": "{name} 在第 {layer} 层没有门控。",
    "try.level": "改动什么",
    "try.level.features": "该层的输入特征",
    "try.level.picture": "图片本身",
    "try.gate.channel": "通道门控",
    "try.gate.spatial": "空间门控",
    "try.before": "之前",
    "try.after": "之后",
    "try.change": "变化",
    "try.count": "{positions} 处中 {changed} 处变化",
    "try.scale": "所有[[channel|通道]]中的最大变化，按 10 的幂着色。只看得见淡色图片的地方，一个比特都没有变。",
    "try.scale_alt": "变化的标尺，按 10 的幂，从 0.0001 到 {top:g}",
    "try.of_part": "**第 {layer} 层**：{said}",
    "try.answer.same": "预测仍为{predicted}，概率由 {before:.2%} 变为 {after:.2%}。",
    "try.answer.other": "预测由{predicted}（原为 {before:.1%}，现为 {after:.1%}）变成{now}（{of_now:.1%}）。",
    # 一个位置
    "try.pixel.do.features": "**在[[feature-map|特征图]]上选一个位置**。那里的每个特征都增大其所在通道的两个标准差，其余位置"
    "保持不变。图中显示每个[[gate|门控]]在哪里发生了变化。",
    "try.pixel.do.picture": "**选一个像素，换成另一种颜色**。图片随后通过整个网络；图中显示该层的[[gate|门控]]在哪里发生了变化。",
    "try.pixel.colour": "新颜色（原为 {own}）",
    "try.pixel.outline.features": "粉色：被改动的位置。虚线：仅由[[kernel|卷积核]]大小推出的、门控自身的[[convolution|卷积]]能看到"
    "它的范围。",
    "try.pixel.outline.picture": "虚线：仅由[[kernel|卷积核]]大小推出的、此前各层[[convolution|卷积]]能把该像素传到的范围；对整张"
    "特征图取平均的途径不计在内。",
    "try.pixel.nothing": "{gate}：一个比特都没有变。",
    "try.pixel.blocked": "{gate}：一个比特都没有变，尽管有路径通到这里：途中有什么把变化挡住了，例如 [[relu|ReLU]] 处于关闭状态的"
    "[[hidden-unit|隐藏单元]]。",
    "try.pixel.constant": "[[channel-gate|通道门控]]每个通道只有一个值，取自整张特征图，因此 {positions} 个位置同时变化，最多变化 "
    "{largest}。",
    "try.pixel.channel": "[[channel-gate|通道门控]]在 {positions} 个位置中的 {changed} 个发生变化，最多变化 {largest}：它的"
    "[[mlp|MLP]] 只单独看每个位置。",
    "try.pixel.channel_picture": "[[channel-gate|通道门控]]在 {positions} 个位置中的 {changed} 个发生变化，最多变化 {largest}；前面的"
    "卷积已把这个像素扩散到 {rows} × {columns} 的范围。",
    "try.pixel.spatial": "[[spatial-gate|空间门控]]在 {positions} 个位置中的 {changed} 个发生变化，最多变化 {largest}，全部落在其卷积能"
    "看到该位置的 {rows} × {columns} 范围内。",
    "try.pixel.spatial_cut": "[[spatial-gate|空间门控]]在 {positions} 个位置中的 {changed} 个发生变化，最多变化 {largest}，全部落在其卷积能"
    "看到该位置的 {rows} × {columns} 范围内，即 {field} 被图的边缘截去后余下的部分。",
    "try.pixel.spatial_covered": "[[spatial-gate|空间门控]]在 {positions} 个位置中的 {changed} 个发生变化，最多变化 {largest}；其卷积的"
    "感受野 {field} 已覆盖这张小图的全部，换一个更靠前的层会看得更清楚。",
    "try.pixel.spatial_around": "[[mask|掩码]]在 {positions} 个位置中的 {changed} 个发生变化：在其卷积能看到该位置的 {rows} × "
    "{columns} 范围内最多变化 {largest}，其余各处最多变化 {elsewhere}，因为改变了的通道权重会缩放它所汇总的特征。",
    "try.pixel.spatial_picture": "[[spatial-gate|空间门控]]在 {positions} 个位置中的 {changed} 个发生变化，最多变化 {largest}。",
    "try.pixel.around": "虚线之外的变化来自对整张特征图的汇聚，可能在本层，也可能在前面的某个残差块。",
    # 图块
    "try.patches.do.features": "**打乱该层特征的图块**，方式如两幅小图所示。什么都没有丢失，变的只是“在哪里”：哪些[[gate|门控]]会"
    "察觉？",
    "try.patches.do.picture": "**打乱图片本身的图块**。图片随后通过整个网络，凡是两个图块相接之处，[[convolution|卷积]]都会遇到"
    "新的边缘。",
    "try.patches.too_small": "第 {layer} 层的特征图只有一个位置，没有可打乱的图块。",
    "try.patches.grid": "每边图块数",
    "try.patches.again": "再次打乱",
    "try.patches.seed": "种子",
    "try.patches.before_alt": "网络所看到的图片",
    "try.patches.after_alt": "把图片切成 {grid} × {grid} 个图块并打乱之后",
    "try.patches.bars": "通道门控：{channels} 个权重，打乱之前（柱）与之后（粉色）",
    "try.patches.maps_channel": "通道门控的第 {channel} 通道，以及移回原处之后的差异",
    "try.patches.maps_spatial": "空间门控的第 {channel} 通道，以及移回原处之后的差异",
    "try.patches.maps_one": "空间门控（所有通道共用），以及移回原处之后的差异",
    "try.patches.difference": "差异",
    "try.patches.channel_scale": "逐位置的通道门控；0 去掉特征，1 保持不变。",
    "try.patches.mask_scale": "空间门控，取值范围即标尺范围。",
    "try.patches.answers": "对打乱后图片的预测",
    "try.patches.untold": "{height} × {width} 的特征图无法切成 {grid} × {grid} 个图块，因此它的门控无法移回原处来比较。",
    "try.patches.constant_same": "{channels} 个通道权重与之前相同（最大差异 {largest}）：它们来自对整张图的[[pooling|池化]]，而池化不知道"
    "“在哪里”。",
    "try.patches.constant_other": "{channels} 个通道权重最多变化 {largest}：并非因为它们知道位置，而是因为前面的卷积遇到了图块之间新的"
    "边缘。",
    "try.patches.channel_same": "移回原处后，[[channel-gate|通道门控]]与之前相同（最大差异 {largest}）：它只单独看每个位置，不认识"
    "邻居。",
    "try.patches.channel_other": "移回原处后，[[channel-gate|通道门控]]最多相差 {largest}：它所看的特征在前面的卷积里遇到了新的邻居。",
    "try.patches.spatial_same": "移回原处后，[[spatial-gate|空间门控]]与之前相同（最大差异 {largest}）。",
    "try.patches.spatial_all": "移回原处后，[[spatial-gate|空间门控]]平均相差 {mean}，最多相差 {largest}。",
    "try.patches.spatial_across": "移回原处后，[[spatial-gate|空间门控]]最多相差 {largest}：在图块边界处平均为 {near}，在图块中部平均为 "
    "{far}，其卷积在那里仍能看过边界。",
    "try.patches.spatial_inside": "移回原处后，[[spatial-gate|空间门控]]最多相差 {largest}：在图块边界处平均为 {near}，在图块中部毫无差异，因为其"
    "卷积在那里看不到任何新内容。",
    # 选项
    "try.options.do": "**换一种方式搭建 GAM**：就用第 {layer} 层在这里的 {channels} 个通道、{height} × {width} 的尺寸，看看每个选项的代价，"
    "以及它让[[mask|掩码]]看到什么。",
    "try.options.printed": "教程原样的 GAM",
    "try.options.yours": "按所选选项",
    "try.options.gate": "通道门控",
    "try.options.gate.none": "原样输出",
    "try.options.gate.sigmoid": "经过 sigmoid",
    "try.options.rate": "缩减比 r",
    "try.options.form": "7×7 卷积",
    "try.options.form.full": "完整",
    "try.options.form.factorised": "7×1 与 1×7",
    "try.options.form.depthwise": "深度可分离",
    "try.options.groups": "分组数",
    "try.options.place": "通道混洗",
    "try.options.place.between": "两个卷积之间",
    "try.options.place.last": "在掩码上",
    "try.options.place.none": "不混洗",
    "try.options.refused.rate": "缩减比 {rate} 使 {channels} 个通道不剩任何隐藏通道：最大只能是 {channels}。",
    "try.options.refused.groups": "{groups} 个分组必须同时整除卷积的两种宽度：{channels} 个通道和 {hidden} 个隐藏通道"
    "（{channels} / {rate}）；请减少分组数或减小缩减比。",
    "try.options.refused.groups_form": "分组只与完整的 7×7 卷积搭配：另外两种形式以别的方式节省。请选 1 个分组，或选完整形式。",
    "try.options.parameters": "参数量",
    "try.options.macs": "乘加次数",
    "try.options.times": "× {ratio:.3g}",
    "try.options.range": "通道门控取值",
    "try.options.range.none": "任意实数",
    "try.options.range.sigmoid": "0 到 1",
    "try.options.field": "掩码的感受野",
    "try.options.sees": "掩码能看到的通道",
    "try.options.of": "{channels} 个中的 {seen} 个",
    "try.options.matrix": "在空间分支中，每个通道的[[mask|掩码]]（纵向）由 {channels} 个输入通道（横向）中的哪些算出：",
    "try.options.matrix_alt": "掩码所见通道的矩阵；每个掩码看到的通道数：{counts}",
    "try.options.input": "输入通道",
    "try.options.mask": "掩码所属通道",
    "try.options.step": "步骤",
    "try.options.tensor": "C×H×W",
    "try.options.too_few": "第 {layer} 层只有 {channels} 个通道，不够教程原样的缩减比 {rate} 使用。",
    "try.options.same": "这正是教程原样的选项：没有任何差别。",
    "try.options.cost": "按这些选项，模块的[[parameter|参数量]]是原样的 {parameters:.3g} 倍，[[mac|乘加次数]]是 {macs:.3g} 倍。",
    "try.options.cost_same": "按这些选项，模块的代价与原样相同。",
    "try.options.sees_field": "每个掩码看到 {channels} 个通道中的 {seen} 个，范围为 {rows} × {columns} 个位置。",
    "try.options.placed.between": "在两个[[group-convolution|分组卷积]]之间混洗，第二个卷积的每个分组都会遇到第一个卷积若干分组的隐藏"
    "通道。",
    "try.options.placed.last": "掩码算完之后才混洗，什么也没有混合：每个掩码仍只看过 {groups} 个分组中的一个，而现在它多半在给另一个分组"
    "的通道加权。",
    "try.options.placed.none": "没有[[channel-shuffle|混洗]]，{groups} 个分组永远互不相见。",
    "try.options.squashed": "[[sigmoid|Sigmoid]] 不增加参数，并使通道门控既不会翻转符号，也不会放大特征。",
    "try.step.input": "输入特征",
    "try.step.linear": "线性层，逐位置",
    "try.step.relu": "ReLU",
    "try.step.sigmoid": "Sigmoid",
    "try.step.channel_gate": "通道门控（线性层）",
    "try.step.channel_sigmoid": "通道门控（sigmoid）",
    "try.step.gated": "特征 × 通道门控",
    "try.step.conv": "{rows}×{columns} 卷积",
    "try.step.conv_groups": "{rows}×{columns} 卷积，{groups} 组",
    "try.step.bn": "批归一化",
    "try.step.shuffle": "{groups} 组混洗",
    "try.step.mask": "空间门控（sigmoid）",
    "try.step.mask_shuffle": "空间门控（{groups} 组混洗）",
    "try.step.output": "输出特征，× 空间门控",
    # 已训练的网络
    "try.trained.choose": "选择其他选项，若有按其训练好的网络，就会与教程原样的并排显示。",
    "try.trained.none": "{data} 没有恰好以这些选项训练的网络，因此只显示形状与代价：随机权重说明不了它的门控。",
    "try.trained.about": "两者的训练数据集都是 {data}。它们对这张图片在第 {layer} 层的门控如下，权重与图各用同一标尺：",
    "try.trained.scale": "两图同一标尺；增益没有上限。",
}
