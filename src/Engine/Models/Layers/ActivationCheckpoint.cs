using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>
/// Runs a part of a network without keeping what its backward pass needs, and runs it again when that comes: time for memory
/// (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). The part must be deterministic.
/// </summary>
public static class ActivationCheckpoint
{
    /// <summary>What went wrong in backward passes over parts that ran on this thread.</summary>
    [ThreadStatic]
    private static Failures? _failures;

    /// <summary>
    /// Gradients given to libtorch by this thread's latest backward pass over a part. It has copied their handles by the time
    /// the next pass begins, which then frees ours.
    /// </summary>
    [ThreadStatic]
    private static List<Tensor>? _handedOver;

    /// <summary>Runs a part; its parameters collect gradients as if it had been run plainly.</summary>
    /// <param name="part">
    /// Called now, and again on the thread of the backward pass with tensors of the same values. Returns a new tensor, which it
    /// moves to the outer scope; must not change its inputs.
    /// </param>
    /// <param name="inputs">All tensors the part computes from, but for its parameters. Run plainly if none requires a gradient.</param>
    /// <returns>What the part returns, owned by the caller.</returns>
    public static Tensor Run(Func<IReadOnlyList<Tensor>, Tensor> part, params IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(part);
        ArgumentNullException.ThrowIfNull(inputs);
        if (!is_grad_enabled() || !inputs.Any(input => input.requires_grad))
        {
            return part(inputs);
        }
        using var scope = NewDisposeScope();
        return Recomputed.apply([new Part(part, _failures ??= new Failures()), .. inputs]).MoveToOuterDisposeScope();
    }

    /// <summary>The backward pass of a loss whose network has checkpointed parts, on the thread that ran them.</summary>
    /// <param name="loss">A scalar.</param>
    /// <remarks>
    /// An exception may not cross libtorch's frames, so what a part throws is kept and thrown here; gradients are then incomplete.
    /// </remarks>
    public static void Backward(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        Failures failures = _failures ??= new Failures();
        failures.First = null;
        loss.backward();
        failures.First?.Throw();
    }

    /// <summary>The first exception of a backward pass.</summary>
    private sealed class Failures
    {
        public ExceptionDispatchInfo? First { get; set; }
    }

    /// <summary>A part, and where its failures go.</summary>
    private sealed record Part(Func<IReadOnlyList<Tensor>, Tensor> Run, Failures Failures);

    /// <summary>The part as one operation of the graph. Arguments: the <see cref="Part"/>, then its inputs.</summary>
    private sealed class Recomputed : autograd.SingleTensorFunction<Recomputed>
    {
        private const string PartKey = "part";

        public override string Name => nameof(ActivationCheckpoint);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var part = (Part)vars[0];
            Tensor[] inputs = [.. vars.Skip(1).Cast<Tensor>()];
            ctx.set_materialize_grads(false);
            ctx.save_for_backward([.. inputs]);
            ctx.save_data(PartKey, part);
            return part.Run(inputs);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            _handedOver?.ForEach(tensor => tensor.Dispose());
            _handedOver = [];
            var part = (Part)ctx.get_data(PartKey);
            using var scope = NewDisposeScope();
            List<Tensor> inputs = ctx.get_saved_variables();
            var gradients = new Tensor?[inputs.Count];
            // Without a gradient, a later part has failed or its result was not used.
            if (!grad_output.IsInvalid)
            {
                try
                {
                    Differentiate(part, inputs, grad_output, gradients);
                }
                catch (Exception e)
                {
                    part.Failures.First ??= ExceptionDispatchInfo.Capture(e);
                }
                grad_output.Dispose();
            }
            _handedOver.AddRange(gradients.OfType<Tensor>());
            scope.MoveToOuter(_handedOver);
            return [null!, .. gradients.Select(gradient => gradient!)]; // null: the part itself, and inputs without gradient
        }

        private static void Differentiate(Part part, List<Tensor> inputs, Tensor gradient, Tensor?[] gradients)
        {
            Tensor[] leaves = [.. inputs.Select(input => input.detach().requires_grad_(input.requires_grad))];
            using (enable_grad())
            {
                Tensor output = part.Run(leaves);
                autograd.backward([output], [gradient]);
            }
            for (int i = 0; i < leaves.Length; i++)
            {
                gradients[i] = leaves[i].grad;
            }
        }
    }
}
