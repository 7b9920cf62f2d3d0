namespace InstructDiffusion.Training.Randomness;

/// <summary>
/// Random numbers that are a pure function of (seed, purpose, first, second): nothing has to be saved to go on from a checkpoint,
/// and it does not matter which worker draws them. The key is mixed by SplitMix64's finalizer; the stream is SplitMix64 itself
/// (Steele, Lea and Flood 2014).
/// </summary>
/// <remarks>A mutable value: pass it by <c>ref</c> where a stream goes on.</remarks>
public struct CounterRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <summary>The stream of this key, at its beginning.</summary>
    /// <param name="seed">Of the run or of the data set.</param>
    /// <param name="purpose">What the numbers are for.</param>
    /// <param name="first">For example a step or an index.</param>
    /// <param name="second">For example a sample in the batch.</param>
    public CounterRandom(long seed, RandomPurpose purpose, long first, long second = 0)
    {
        ulong key = Mix((ulong)seed + Golden);
        key = Mix(key ^ unchecked((ulong)purpose * Golden));
        key = Mix(key ^ unchecked((ulong)first + Golden));
        _state = Mix(key ^ unchecked((ulong)second * 0xD1B54A32D192ED03 + Golden));
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        _state = unchecked(_state + Golden);
        return Mix(_state);
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform in 0…<paramref name="count"/> − 1, without bias worth the name (2⁻⁶⁴·count).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return (int)Math.BigMul(NextBits(), (ulong)count, out _);
    }

    /// <summary>Uniform in 0…<paramref name="count"/> − 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public long Next(long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return (long)Math.BigMul(NextBits(), (ulong)count, out _);
    }

    /// <summary>True with this probability.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>One of the items, each as likely as another.</summary>
    public T Pick<T>(IReadOnlyList<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return items[Next(items.Count)];
    }

    /// <summary>One standard normal number; two draws.</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Standard normal numbers (Box and Muller 1958).</summary>
    public void FillNormal(Span<float> values)
    {
        for (int i = 0; i < values.Length; i += 2)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * NextDouble());
            values[i] = (float)(radius * cosine);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * sine);
            }
        }
    }

    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}
