{# USES_VARIABLES { _synaptic_pre } #}
{# What a spike does to the synapses of its neuron. #}
{% extends 'code_object.cpp' %}
{% block main %}
    {% set layout = get_device().layout(owner) %}
    const int32_t* const _fired = {{ get_device().get_array_name(get_device().spikes_of(pathway)) }};
    const int32_t _events = _fired[{{ get_device().group_size(pathway.source) }}];
    if (_events == 0) return;
    {{ scalar_code|autoindent }}
{% if layout in ('dense', 'dense_post') %}
    const int _rows = {{ get_device().ends(owner)[0] }}, _columns = {{ get_device().ends(owner)[1] }};
    {{ pathway.name }}_delivered += (int64_t)_events * {{ '_columns' if pathway.prepost == 'pre' else '_rows' }};
    for (int32_t _event = 0; _event < _events; _event++) {
        const int _outer = _fired[_event];
        {{ walk_head|autoindent }}
{% set inner, outer = ('_columns', '_rows') if pathway.prepost == 'pre' else ('_rows', '_columns') %}
{% if (layout == 'dense') == (pathway.prepost == 'pre') %}
        const int _start = _outer * {{ inner }};
        {{ 'INDEPENDENT' if dense_independent }}
        for (int _inner = 0; _inner < {{ inner }}; _inner++) {
            const int _idx = _start + _inner;
{% else %}
        {{ 'INDEPENDENT' if dense_independent }}
        for (int _inner = 0; _inner < {{ inner }}; _inner++) {
            const int _idx = _inner * {{ outer }} + _outer;
{% endif %}
            {{ walk|autoindent }}
        }
    }
{% else %}
    const int32_t* const _offset = {{ pathway.name }}_walk.offset.items;
    const int32_t* const _partner = {{ pathway.name }}_walk.partner;
{% if layout != pathway.prepost %}
    const int32_t* const _order = {{ pathway.name }}_walk.order.items;
{% endif %}
    for (int32_t _event = 0; _event < _events; _event++) {
        const int _outer = _fired[_event];
        {{ walk_head|autoindent }}
        const int32_t _begin = _offset[_outer], _end = _offset[_outer + 1];
        {{ pathway.name }}_delivered += _end - _begin;
        for (int32_t _place = _begin; _place < _end; _place++) {
            const int _idx = {{ '_place' if layout == pathway.prepost else '_order[_place]' }};
            const int _inner = _partner[_place];
            {{ walk|autoindent }}
        }
    }
{% endif %}
{% endblock %}
