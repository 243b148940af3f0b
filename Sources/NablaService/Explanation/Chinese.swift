extension TextKey {
    /// The texts in Chinese.
    static let chinese: [TextKey: String] = [
        .overview: """
        链式法则，逐个因子写出，共 {samples} 个样本：x 是网络的输入，y 是目标值，下标从 1 开始给各层编号。\
        每个样本的数占一行；· 表示行与矩阵相乘，或与 f′(z) 逐元素相乘，Σ 表示对样本求和。
        """,
        .divisor: "损失是平均值：对样本求和之后除以 {divisor}。",
        .sampleWeights: "ω 是样本的权重。",
        .targets: "t 是经过标签平滑和类别加权之后的目标值，|t| 是它各分量之和；两者都没有时 t 就是 y。",
        .sumOfTargets: "|y| 是一个样本各目标值之和。",
        .z: "第 {layer} 层对输入加权求和，再加上偏置。",
        .zWithoutBias: "第 {layer} 层对输入加权求和。",
        .a: "激活函数 {activation} 由 z 得到 a。",
        .activationGradient: "损失随第 {layer} 层输出 a 的变化率。",
        .derivative: "第 {layer} 层的输出随 z 的变化率：{activation} 的导数。",
        .product: "第 {layer} 层 z 处的误差是这两个因子的乘积。",
        .fusedProduct: """
        第 {layer} 层 z 处的误差是这两个因子的乘积。{activation} 的导数在乘积中约去，因此两者合并计算：\
        输出饱和时结果依然精确。
        """,
        .saturation: """
        有 {count} 个输出 a 已经饱和：此处 ∂L/∂a 要除以 0，不是有限数，因此略去；它们的乘积 ∂L/∂z 是有限的。
        """,
        .lastWeights: "第 {layer} 层 z 处的误差，乘以该层的输入。",
        .lastBias: "第 {layer} 层 z 处的误差：z 与偏置同步变化，变化率为 1。",
        .weights: """
        第 {next} 层 z 处的误差，经该层的权重传回，乘以 {activation} 在第 {layer} 层 z 处的导数，\
        再乘以第 {layer} 层的输入。
        """,
        .bias: """
        第 {next} 层 z 处的误差，经该层的权重传回，乘以 {activation} 在第 {layer} 层 z 处的导数：\
        z 与偏置同步变化，变化率为 1。
        """,
    ]
}
