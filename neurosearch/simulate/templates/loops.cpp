{# Loops over a whole group; over synapses that form a full rectangle both indices come from the loops. #}
{% macro over_all(owner, count, body, dense_head, dense) %}
{% if dense %}
    if ({{ owner.name }}_is_dense) {
        const int _rows = {{ get_device().ends(owner)[0] }}, _columns = {{ get_device().ends(owner)[1] }};
        for (int _pre = 0; _pre < _rows; _pre++) {
            {{ dense_head|autoindent }}
            for (int _post = 0; _post < _columns; _post++) {
                const int _idx = _pre * _columns + _post;
                {{ dense|autoindent }}
            }
        }
        return;
    }
{% endif %}
    const int _count = {{ count }};
    for (int _idx = 0; _idx < _count; _idx++) {
        {{ body|autoindent }}
    }
{% endmacro %}
