// Spikes: list the neurons of a loop that fired, from a mask for each (all bits or none), followed by 64 zero masks.
// A branch per neuron would be mispredicted at most spikes.
namespace ours {
#ifdef __AVX512F__
typedef unsigned char Mask;

static inline int32_t collect(const Mask* mask, int here, int32_t first, int32_t* fired, int32_t count) {
    typedef char Bytes __attribute__((vector_size(16)));
    const Words numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (int k = 0; k < here; k += WORDS) {
        Bytes bytes;
        memcpy(&bytes, mask + k, sizeof bytes);
        count = list((Flags)__builtin_ia32_pmovmskb128(bytes), numbers + (first + k), fired, count);
    }
    return count;
}
#else
typedef int32_t Mask;  // about as wide as the result of a vectorised comparison

static inline int32_t collect(const Mask* mask, int here, int32_t first, int32_t* fired, int32_t count) {
    for (int k = 0; k < here; k += 64) {
        uint64_t bits = 0;
#ifdef __AVX__
        typedef float Eight __attribute__((vector_size(32)));
        for (int g = 0; g < 8; g++) {
            Eight eight;
            memcpy(&eight, mask + k + 8 * g, 32);
            bits |= (uint64_t)(uint32_t)__builtin_ia32_movmskps256(eight) << (8 * g);
        }
#else
        for (int g = 0; g < 64; g++) bits |= (uint64_t)(mask[k + g] & 1) << g;
#endif
        for (; bits; bits &= bits - 1) fired[count++] = first + k + __builtin_ctzll(bits);
    }
    return count;
}
#endif
}
