{# USES_VARIABLES { _synaptic_pre } #}
{% extends 'code_object.cpp' %}
{% block main %}
    const int32_t* const _fired = {{ get_device().get_array_name(get_device().spikes_of(pathway)) }};
    const int32_t _events = _fired[{{ get_device().group_size(pathway.source) }}];
    if (_events == 0) return;
    {{ scalar_code|autoindent }}
    const int32_t* const _offset = {{ pathway.name }}_walk.offset.items;
{% if pathway.prepost == 'pre' %}
    for (int32_t _event = 0; _event < _events; _event++)
        {{ pathway.name }}_delivered += _offset[_fired[_event] + 1] - _offset[_fired[_event]];
{% endif %}
    if ({{ owner.name }}_is_dense) {
        const int _rows = {{ get_device().ends(owner)[0] }}, _columns = {{ get_device().ends(owner)[1] }};
        for (int32_t _event = 0; _event < _events; _event++) {
            const int _outer = _fired[_event];
            {{ dense_head|autoindent }}
{% if pathway.prepost == 'pre' %}
            const int _start = _outer * _columns;
            for (int _inner = 0; _inner < _columns; _inner++) {
                const int _idx = _start + _inner;
{% else %}
            for (int _inner = 0; _inner < _rows; _inner++) {
                const int _idx = _inner * _columns + _outer;
{% endif %}
                {{ dense|autoindent }}
            }
        }
        return;
    }
    const int32_t* const _partner = {{ pathway.name }}_walk.partner;
    if ({{ pathway.name }}_walk.sorted) {
        for (int32_t _event = 0; _event < _events; _event++) {
            const int _outer = _fired[_event];
            {{ walk_head|autoindent }}
            const int32_t _end = _offset[_outer + 1];
            for (int _idx = _offset[_outer]; _idx < _end; _idx++) {
                const int _inner = _partner[_idx];
                {{ walk|autoindent }}
            }
        }
        return;
    }
    const int32_t* const _order = {{ pathway.name }}_walk.order.items;
    for (int32_t _event = 0; _event < _events; _event++) {
        const int _outer = _fired[_event];
        {{ walk_head|autoindent }}
        const int32_t _end = _offset[_outer + 1];
        for (int _place = _offset[_outer]; _place < _end; _place++) {
            const int _idx = _order[_place];
            const int _inner = _partner[_place];
            {{ walk|autoindent }}
        }
    }
{% endblock %}
