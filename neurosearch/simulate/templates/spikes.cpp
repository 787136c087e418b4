// Spikes: which neurons of up to 256 fired, from a byte each (all bits or none), followed by 64 empty bytes.
// A branch for each spike would be mispredicted for most of them.
namespace ours {  // no name of a user's can stand before it
#ifdef __AVX512F__
typedef int Sixteen __attribute__((vector_size(64)));
typedef char Bytes __attribute__((vector_size(16)));

static inline int32_t collect(const unsigned char* mask, int here, int32_t first, int32_t* fired, int32_t count) {
    const Sixteen lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, none = {};
    for (int k = 0; k < here; k += 16) {
        Bytes bytes;
        memcpy(&bytes, mask + k, 16);
        const unsigned bits = (unsigned)__builtin_ia32_pmovmskb128(bytes);
        const Sixteen packed = __builtin_ia32_compresssi512_mask(lanes + (first + k), none, (unsigned short)bits);
        memcpy(fired + count, &packed, 64);  // the memory behind an array has room for it
        count += __builtin_popcount(bits);
    }
    return count;
}
#else
static inline int32_t collect(const unsigned char* mask, int here, int32_t first, int32_t* fired, int32_t count) {
    for (int k = 0; k < here; k += 64) {
        uint64_t bits = 0;
        for (int g = 0; g < 8; g++) {
            uint64_t eight;
            memcpy(&eight, mask + k + 8 * g, 8);
            bits |= (((eight & 0x0101010101010101u) * 0x0102040810204080u) >> 56) << (8 * g);
        }
        for (; bits; bits &= bits - 1) fired[count++] = first + k + __builtin_ctzll(bits);
    }
    return count;
}
#endif
}
