// Walk: the synapses of each spiking neuron, in the order of their creation.
struct Walk {
    Vector<int32_t> offset, order, partners;
    const int32_t* partner = nullptr;  // the neuron at the other end, by position in the walk
    ONCE void build(const char* name, const Vector<int32_t>& own, const Vector<int32_t>& other, int32_t neurons, bool sorted) {
        offset.resize((size_t)neurons + 1);
        for (size_t k = 0; k < own.count; k++) {
            if (sorted && k && own.items[k] < own.items[k - 1]) refuse(name, "its synapses are not in the order expected");
            offset[(size_t)own.items[k] + 1]++;
        }
        for (int32_t i = 0; i < neurons; i++) offset[(size_t)i + 1] += offset[(size_t)i];
        partner = other.items;
        if (sorted) return;
        Vector<int32_t> next;
        next.resize((size_t)neurons + 1);
        memcpy(next.items, offset.items, offset.count * sizeof(int32_t));
        order.resize(own.count);
        partners.resize(own.count);
        for (size_t k = 0; k < own.count; k++) {
            const int32_t place = next[(size_t)own.items[k]]++;
            order[(size_t)place] = (int32_t)k;
            partners[(size_t)place] = other.items[k];
        }
        free(next.items);
        partner = partners.items;
    }
};

ONCE static bool all_to_all(const Vector<int32_t>& pre, const Vector<int32_t>& post, int64_t sources, int64_t targets) {
    if ((int64_t)pre.count != sources * targets) return false;
    size_t k = 0;
    for (int32_t i = 0; i < sources; i++)
        for (int32_t j = 0; j < targets; j++, k++)
            if (pre.items[k] != i || post.items[k] != j) return false;
    return true;
}
