"""The glossary's terms: what does not depend on the language. Names and sentences are in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

#: Groups in the order of the page.
GROUPS = ("modules", "inside", "cost", "evidence")
#: Source of what is defined nowhere but here.
HERE = ""


@dataclass(frozen=True)
class Term:
    """One entry. Its name is `glossary.term.<id>` in the catalogue, its sentence `glossary.says.<id>`.

    Attributes:
        id: as in links and in the catalogue's markup `[[id|words]]`.
        group: one of `GROUPS`.
        source: where it is defined, as Markdown; `HERE` for this project.
        related: other terms' ids.
        formula: LaTeX without dollars; empty where words say it better.
    """

    id: str
    group: str
    source: str
    related: tuple[str, ...]
    formula: str = ""


def _arxiv(words: str, number: str, where: str = "") -> str:
    return f"{words}, [arXiv {number}](https://arxiv.org/abs/{number}){', ' + where if where else ''}"


_SE = _arxiv("Hu et al. 2018", "1709.01507", "§3")
_CBAM = _arxiv("Woo et al. 2018", "1807.06521", "§3")
_GAM = _arxiv("Liu et al. 2021", "2112.05561", "§3")
_RESNET = _arxiv("He et al. 2016", "1512.03385", "§3")
_BN = _arxiv("Ioffe & Szegedy 2015", "1502.03167", "§3")
_ARITHMETIC = _arxiv("Dumoulin & Visin 2016", "1603.07285")
_BOOK = (
    "Goodfellow, Bengio & Courville, *Deep Learning*, 2016, [deeplearningbook.org](https://www.deeplearningbook.org)"
)
_IG = _arxiv("Sundararajan et al. 2017", "1703.01365", "§3")
_RISE = _arxiv("Petsiuk et al. 2018", "1806.07421")
_YEH = _arxiv("Yeh et al. 2019", "1901.09392", "§2")
_SANITY = _arxiv("Adebayo et al. 2018", "1810.03292")
_GUO = _arxiv("Guo et al. 2017", "1706.04599", "§2")

_ALL = (
    # Attention modules
    Term(
        "attention-module",
        "modules",
        _CBAM,
        ("gate", "se", "cbam", "gam"),
        r"F' = M_c(F)\otimes F,\qquad F'' = M_s(F')\otimes F'",
    ),
    Term("gate", "modules", HERE, ("channel-gate", "spatial-gate", "attention-module"), r"F' = G(F)\otimes F"),
    Term(
        "channel-gate",
        "modules",
        _CBAM,
        ("gate", "channel", "mlp", "sigmoid"),
        r"M_c^\text{CBAM}\in(0,1)^{C\times1\times1},\qquad M_c^\text{GAM}\in\mathbb R^{C\times H\times W}",
    ),
    Term(
        "spatial-gate",
        "modules",
        _CBAM,
        ("gate", "mask", "convolution", "sigmoid"),
        r"M_s^\text{CBAM}\in(0,1)^{1\times H\times W},\qquad M_s^\text{GAM}\in(0,1)^{C\times H\times W}",
    ),
    Term("mask", "modules", _CBAM, ("spatial-gate", "effective-gain")),
    Term(
        "effective-gain",
        "modules",
        HERE,
        ("mask", "channel-gate", "gam"),
        r"g_{ij} = \frac1C\sum_{c=1}^{C}\bigl|M_c(F)_{cij}\; M_s(F')_{cij}\bigr|",
    ),
    Term(
        "se",
        "modules",
        _SE,
        ("channel-gate", "pooling", "mlp", "cbam"),
        r"M_c(F)=\sigma\bigl(W_2\,\mathrm{ReLU}(W_1\,\mathrm{AvgPool}\,F)\bigr)",
    ),
    Term(
        "cbam",
        "modules",
        _CBAM,
        ("channel-gate", "spatial-gate", "pooling", "gam"),
        r"\begin{aligned}&M_c(F)=\sigma\bigl(\mathrm{MLP}(\mathrm{AvgPool}\,F)+\mathrm{MLP}(\mathrm{MaxPool}\,F)\bigr)\\"
        r"&M_s(F')=\sigma\bigl(f^{7\times7}[\max_c F';\,\mathrm{mean}_c F']\bigr)\end{aligned}",
    ),
    Term(
        "gam",
        "modules",
        _GAM,
        ("channel-gate", "spatial-gate", "permute", "cbam"),
        r"\begin{aligned}&M_c^\text{code}(F)_{:,h,w}=\mathrm{MLP}(F_{:,h,w})\\"
        r"&M_c^\text{paper}(F)_{:,h,w}=\sigma\bigl(\mathrm{MLP}(F_{:,h,w})\bigr)\\"
        r"&M_s(F')=\sigma\bigl(\mathrm{BN}\,f_2^{7\times7}\,\mathrm{ReLU}\,\mathrm{BN}\,f_1^{7\times7}F'\bigr)"
        r"\end{aligned}",
    ),
    # Inside a module
    Term("feature-map", "inside", _BOOK, ("channel", "convolution"), r"F\in\mathbb R^{C\times H\times W}"),
    Term("channel", "inside", _BOOK, ("feature-map", "channel-gate"), r"F_c\in\mathbb R^{H\times W},\quad c=1,\dots,C"),
    Term(
        "pooling",
        "inside",
        _CBAM,
        ("feature-map", "channel", "se", "cbam"),
        r"(\mathrm{AvgPool}\,F)_c=\frac1{HW}\sum_{i,j}F_{cij},\qquad (\mathrm{MaxPool}\,F)_c=\max_{i,j}F_{cij}",
    ),
    Term(
        "mlp",
        "inside",
        _BOOK,
        ("hidden-unit", "relu", "reduction-ratio"),
        r"\begin{aligned}&\mathrm{MLP}(x)=W_2\,\mathrm{ReLU}(W_1x+b_1)+b_2\\"
        r"&W_1\in\mathbb R^{C/r\times C},\ W_2\in\mathbb R^{C\times C/r}\end{aligned}",
    ),
    Term("hidden-unit", "inside", _BOOK, ("mlp", "dot-product", "relu"), r"h_k=\max(0,\;w_k\cdot x+b_k)"),
    Term("reduction-ratio", "inside", _SE, ("mlp", "hidden-unit", "parameter"), r"C\;\to\;C/r\;\to\;C"),
    Term("dot-product", "inside", _BOOK, ("hidden-unit", "convolution", "mac"), r"w\cdot x=\sum_{c=1}^{C}w_c\,x_c"),
    Term("sigmoid", "inside", _BOOK, ("gate", "softmax", "relu"), r"\sigma(x)=\frac{1}{1+e^{-x}}"),
    Term("relu", "inside", _BOOK, ("sigmoid", "hidden-unit"), r"\mathrm{ReLU}(x)=\max(0,x)"),
    Term(
        "batch-norm",
        "inside",
        _BN,
        ("bn-folding", "convolution"),
        r"y=\gamma\,\frac{x-\mu}{\sqrt{\sigma^2+\varepsilon}}+\beta",
    ),
    Term(
        "convolution",
        "inside",
        _ARITHMETIC,
        ("kernel", "padding", "receptive-field", "group-convolution"),
        r"\begin{aligned}&y_{oij}=b_o+\sum_{c=1}^{C}\sum_{u=1}^{k}\sum_{v=1}^{k}w_{ocuv}\,x_{c,\,i+u-p-1,\,j+v-p-1}\\"
        r"&w\in\mathbb R^{C_\text{out}\times C\times k\times k}\end{aligned}",
    ),
    Term("kernel", "inside", _ARITHMETIC, ("convolution", "receptive-field"), r"w_o\in\mathbb R^{C\times k\times k}"),
    Term(
        "receptive-field",
        "inside",
        "Araujo et al. 2019, *Distill*, [10.23915/distill.00021](https://doi.org/10.23915/distill.00021)",
        ("kernel", "convolution", "gam"),
        r"1+\sum_l (k_l-1);\qquad k_1=k_2=7:\; 1+6+6=13",
    ),
    Term(
        "padding",
        "inside",
        _ARITHMETIC,
        ("convolution", "kernel"),
        r"H_\text{out}=H+2p-k+1;\qquad k=7,\ p=3:\; H_\text{out}=H",
    ),
    Term("permute", "inside", _GAM, ("gam", "mlp"), r"(B,C,H,W)\;\to\;(B,H,W,C)"),
    Term(
        "group-convolution",
        "inside",
        _arxiv("Zhang et al. 2018", "1707.01083", "§3.1"),
        ("channel-shuffle", "convolution", "parameter"),
        r"k^2\,C_\text{in}\,C_\text{out}\;\to\;\frac{k^2\,C_\text{in}\,C_\text{out}}{g}",
    ),
    Term(
        "channel-shuffle",
        "inside",
        _arxiv("Zhang et al. 2018", "1707.01083", "§3.1"),
        ("group-convolution", "permute"),
        r"(g,\,C/g)\;\to\;(C/g,\,g)\;\to\;C",
    ),
    Term(
        "depthwise-separable",
        "inside",
        _arxiv("Howard et al. 2017", "1704.04861", "§3.1"),
        ("group-convolution", "factorised-convolution", "mac"),
        r"k^2\,C_\text{in}\,C_\text{out}\;\to\;k^2\,C_\text{in}+C_\text{in}\,C_\text{out}",
    ),
    Term(
        "factorised-convolution",
        "inside",
        _arxiv("Szegedy et al. 2016", "1512.00567", "§3.2"),
        ("depthwise-separable", "receptive-field"),
        r"k\times k\;\to\;k\times1,\ 1\times k;\qquad k^2\;\to\;2k",
    ),
    # Networks and what they cost
    Term(
        "residual-block",
        "cost",
        _RESNET,
        ("stage", "attention-module", "relu"),
        r"y=\mathrm{ReLU}\bigl(x+A(f(x))\bigr)",
    ),
    Term("stage", "cost", _RESNET, ("residual-block", "feature-map")),
    Term("logit", "cost", _BOOK, ("softmax", "target"), r"z\in\mathbb R^{K}"),
    Term("softmax", "cost", _BOOK, ("logit", "sigmoid"), r"p_k=\frac{e^{z_k}}{\sum_{j=1}^{K}e^{z_j}}"),
    Term("target", "cost", HERE, ("logit", "attribution")),
    Term("margin", "cost", HERE, ("logit", "ablation"), r"z_t-\max_{k\ne t}z_k"),
    Term(
        "parameter",
        "cost",
        _BOOK,
        ("mac", "reduction-ratio"),
        r"w\in\mathbb R^{C_\text{out}\times C_\text{in}\times k\times k},\ b\in\mathbb R^{C_\text{out}}:\quad "
        r"k^2\,C_\text{in}\,C_\text{out}+C_\text{out}",
    ),
    Term(
        "mac",
        "cost",
        HERE,
        ("parameter", "latency", "dot-product"),
        r"k^2\,C_\text{in}\,C_\text{out}\,H_\text{out}\,W_\text{out};\qquad "
        r"1\ \text{MAC}=2\ \text{FLOPs}",
    ),
    Term(
        "activation-memory", "cost", HERE, ("feature-map", "mac"), r"4\,B\sum_l C_l\,H_l\,W_l\ \text{bytes (float32)}"
    ),
    Term("latency", "cost", HERE, ("mac", "parameter")),
    Term(
        "bn-folding",
        "cost",
        _BN,
        ("batch-norm", "convolution", "latency"),
        r"w'=\frac{\gamma}{\sqrt{\sigma^2+\varepsilon}}\,w,\qquad "
        r"b'=\frac{\gamma}{\sqrt{\sigma^2+\varepsilon}}\,(b-\mu)+\beta",
    ),
    Term("seed", "cost", HERE, ("confidence-interval", "validation")),
    Term("validation", "cost", _BOOK, ("seed", "confidence-interval")),
    Term(
        "confidence-interval",
        "cost",
        "Wilson 1927, *JASA* 22, [10.1080/01621459.1927.10502953](https://doi.org/10.1080/01621459.1927.10502953)",
        ("seed", "mcnemar"),
        r"\frac{\hat p+\frac{z^2}{2n}\pm z\sqrt{\frac{\hat p(1-\hat p)}{n}+\frac{z^2}{4n^2}}}{1+\frac{z^2}{n}},"
        r"\qquad z=1.96",
    ),
    Term(
        "mcnemar",
        "cost",
        "McNemar 1947, *Psychometrika* 12, [10.1007/BF02295996](https://doi.org/10.1007/BF02295996)",
        ("confidence-interval",),
        r"p=\min\Bigl(1,\;2\sum_{k=0}^{\min(b,c)}\binom{b+c}{k}\,2^{-(b+c)}\Bigr)",
    ),
    Term(
        "calibration-error",
        "cost",
        _GUO,
        ("softmax", "validation"),
        r"\sum_{m}\frac{n_m}{n}\,\bigl|\mathrm{acc}_m-\mathrm{conf}_m\bigr|",
    ),
    # Explanations and their evidence
    Term("attribution", "evidence", _IG, ("target", "saliency", "integrated-gradients", "gate")),
    Term(
        "saliency",
        "evidence",
        _arxiv("Simonyan et al. 2013", "1312.6034", "§3"),
        ("attribution", "integrated-gradients"),
        r"\frac{\partial z_t}{\partial x}",
    ),
    Term(
        "gradcam",
        "evidence",
        _arxiv("Selvaraju et al. 2017", "1610.02391", "§3"),
        ("attribution", "feature-map", "target"),
        r"\mathrm{ReLU}\Bigl(\sum_c\alpha_c F_c\Bigr),\qquad "
        r"\alpha_c=\frac1{HW}\sum_{i,j}\frac{\partial z_t}{\partial F_{cij}}",
    ),
    Term(
        "integrated-gradients",
        "evidence",
        _IG,
        ("baseline", "convergence-delta", "attribution"),
        r"\mathrm{IG}_i(x)=(x_i-x'_i)\int_0^1\frac{\partial z_t\bigl(x'+\alpha(x-x')\bigr)}{\partial x_i}\,d\alpha",
    ),
    Term("baseline", "evidence", _IG, ("integrated-gradients", "deletion")),
    Term(
        "convergence-delta",
        "evidence",
        _IG,
        ("integrated-gradients", "baseline"),
        r"\delta=\sum_i\mathrm{IG}_i(x)-\bigl(z_t(x)-z_t(x')\bigr)",
    ),
    Term(
        "occlusion",
        "evidence",
        _arxiv("Zeiler & Fergus 2014", "1311.2901", "§4.2"),
        ("attribution", "deletion"),
        r"z_t(x)-z_t(x_{\setminus Q})",
    ),
    Term(
        "ablation",
        "evidence",
        HERE,
        ("gate", "margin", "deletion"),
        r"\Delta p=p_t(G\to\tilde G)-p_t(G)",
    ),
    Term("deletion", "evidence", _RISE, ("insertion", "ablation"), r"\int_0^1 p_t(x_{\setminus s})\,ds\quad\downarrow"),
    Term("insertion", "evidence", _RISE, ("deletion",), r"\int_0^1 p_t(x_{|s})\,ds\quad\uparrow"),
    Term(
        "infidelity",
        "evidence",
        _YEH,
        ("max-sensitivity", "deletion"),
        r"\frac{\mathbb E\bigl[(\lambda\textstyle\sum_{i\in Q}m_i-\Delta_Q)^2\bigr]}{\mathbb E[\Delta_Q^2]},"
        r"\qquad \Delta_Q=z_t(x)-z_t(x_{\setminus Q})",
    ),
    Term(
        "max-sensitivity",
        "evidence",
        _arxiv("Yeh et al. 2019", "1901.09392", "§3"),
        ("infidelity", "attribution"),
        r"\max_{\lVert y-x\rVert_\infty\le r}\frac{\lVert m(y)-m(x)\rVert}{\lVert m(x)\rVert}",
    ),
    Term("randomisation", "evidence", _arxiv("Adebayo et al. 2018", "1810.03292", "§4"), ("rank-correlation", "seed")),
    Term(
        "rank-correlation",
        "evidence",
        "Spearman 1904, *Am. J. Psychol.* 15, [10.2307/1412159](https://doi.org/10.2307/1412159)",
        ("randomisation", "iou"),
        r"\rho=1-\frac{6\sum_i d_i^2}{n(n^2-1)}",
    ),
    Term(
        "energy",
        "evidence",
        _arxiv("Wang et al. 2020, Score-CAM", "1910.01279", "§4"),
        ("pointing", "iou"),
        r"\frac{\sum_{i\in R}\max(0,m_i)}{\sum_i\max(0,m_i)}",
    ),
    Term("pointing", "evidence", _arxiv("Zhang et al. 2016", "1608.00507"), ("energy", "iou"), r"\arg\max_i m_i\in R"),
    Term("iou", "evidence", HERE, ("pointing", "energy", "rank-correlation"), r"\frac{|A\cap B|}{|A\cup B|}"),
    Term(
        "shortcut",
        "evidence",
        _arxiv("Geirhos et al. 2020", "2004.07780"),
        ("energy", "attribution", "validation"),
    ),
)

TERMS = {term.id: term for term in _ALL}
