using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using InstructDiffusion.Engine.Editing;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Editing;

[SuppressMessage("Usage", "CA2201", Justification = "These are the types that the libraries throw.")]
public sealed class MemoryExhaustionTests
{
    [Theory]
    [InlineData("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 7.79 GiB")]
    [InlineData("HIP out of memory. Tried to allocate 2.00 GiB")]
    [InlineData("CUDA error: out of memory")]
    [InlineData(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
    )]
    [InlineData(
        "[enforce fail at alloc_cpu.cpp:80] data. DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."
    )]
    [InlineData("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")]
    public void IsCauseOf_WhatTheLibrariesSay_IsRecognised(string message)
    {
        Assert.True(MemoryExhaustion.IsCauseOf(new ExternalException(message)));
        Assert.True(
            MemoryExhaustion.IsCauseOf(new InvalidOperationException("a step", new ExternalException(message)))
        );
    }

    [Fact]
    public void IsCauseOf_AllocationThatLibtorchRefuses_IsRecognised()
    {
        Exception error = Assert.ThrowsAny<Exception>(() => torch.empty(1L << 50));

        Assert.True(MemoryExhaustion.IsCauseOf(error), error.Message);
    }

    [Fact]
    public void IsCauseOf_OtherErrorOfLibtorch_IsNot()
    {
        using var scope = torch.NewDisposeScope();
        Exception error = Assert.ThrowsAny<Exception>(() => torch.ones(2, 3).mm(torch.ones(2, 3)));

        Assert.False(MemoryExhaustion.IsCauseOf(error), error.Message);
        Assert.True(MemoryExhaustion.IsCauseOf(new OutOfMemoryException()));
    }
}
