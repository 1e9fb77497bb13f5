"""GLSL programs of the renderer. Everything is in the camera's OpenGL frame: x right, y up, z backward."""

from __future__ import annotations

SHADOW_VERTEX = """#version 330
uniform mat4 light_projection, model;
in vec3 position;
void main() { gl_Position = light_projection * model * vec4(position, 1.0); }
"""

SHADOW_FRAGMENT = """#version 330
void main() {}
"""

GEOMETRY_VERTEX = """#version 330
uniform mat4 projection, model;
in vec3 position;
out float depth;
void main() {
    vec4 camera_point = model * vec4(position, 1.0);
    depth = -camera_point.z;
    gl_Position = projection * camera_point;
}
"""

GEOMETRY_FRAGMENT = """#version 330
uniform int instance;
in float depth;
layout(location = 0) out float out_depth;
layout(location = 1) out uint out_instance;
void main() { out_depth = depth; out_instance = uint(instance); }
"""

BACKGROUND_VERTEX = """#version 330
in vec2 corner;
out vec2 uv;
void main() { uv = corner * 0.5 + 0.5; gl_Position = vec4(corner, 0.999999, 1.0); }
"""

BACKGROUND_FRAGMENT = """#version 330
uniform sampler2D picture;
in vec2 uv;
out vec4 colour;
void main() { colour = vec4(texture(picture, uv).rgb, 1.0); }
"""

COLOUR_VERTEX = """#version 330
uniform mat4 projection, model, light_projection;
in vec3 position, normal, colour;
out vec3 camera_point, camera_normal, vertex_colour, object_point, object_normal;
out vec4 light_point;
void main() {
    vec4 p = model * vec4(position, 1.0);
    camera_point = p.xyz;
    camera_normal = mat3(model) * normal;
    vertex_colour = colour;
    object_point = position;
    object_normal = normal;
    light_point = light_projection * p;
    gl_Position = projection * p;
}
"""

# Cook-Torrance with the GGX distribution and Schlick's approximations (Walter et al. 2007; Karis 2013).
COLOUR_FRAGMENT = """#version 330
#define N_LIGHTS 3
uniform vec3 light_direction[N_LIGHTS], light_colour[N_LIGHTS];
uniform vec3 ambient_up, ambient_down, up;
uniform float roughness, metallic, pattern_strength, pattern_scale, shadow_softness;
uniform vec4 tint;
uniform sampler2DShadow shadow_map;
uniform sampler2D pattern;
in vec3 camera_point, camera_normal, vertex_colour, object_point, object_normal;
in vec4 light_point;
out vec4 out_colour;

float lit_share(vec3 n) {
    vec3 q = light_point.xyz / light_point.w * 0.5 + 0.5;
    float cosine = max(dot(n, light_direction[0]), 0.1);
    float bias = 0.003 + 0.5 * shadow_softness * sqrt(1.0 - cosine * cosine) / cosine;
    if (any(lessThan(q, vec3(0.0))) || any(greaterThan(q, vec3(1.0)))) return 1.0;
    float sum = 0.0;
    for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1; j++)
            sum += texture(shadow_map, vec3(q.xy + vec2(i, j) * shadow_softness, q.z - bias));
    return sum / 9.0;
}

vec3 surface_pattern() {
    vec3 a = abs(object_normal);
    vec2 uv = a.x > a.y && a.x > a.z ? object_point.yz : (a.y > a.z ? object_point.xz : object_point.xy);
    return texture(pattern, uv * pattern_scale).rgb;
}

vec3 reflected(vec3 albedo, vec3 n, vec3 v, vec3 l) {
    vec3 h = normalize(l + v);
    float nl = max(dot(n, l), 0.0), nv = max(dot(n, v), 1e-3), nh = max(dot(n, h), 0.0), vh = max(dot(v, h), 0.0);
    float a2 = pow(roughness, 4.0), d = nh * nh * (a2 - 1.0) + 1.0;
    float distribution = a2 / (3.14159 * d * d);
    float k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    float geometry = (nl / (nl * (1.0 - k) + k)) * (nv / (nv * (1.0 - k) + k));
    vec3 fresnel = mix(vec3(0.04), albedo, metallic);
    fresnel += (1.0 - fresnel) * pow(1.0 - vh, 5.0);
    vec3 specular = distribution * geometry * fresnel / (4.0 * nl * nv + 1e-3);
    return ((1.0 - fresnel) * (1.0 - metallic) * albedo / 3.14159 + specular) * nl;
}

void main() {
    vec3 n = normalize(camera_normal), v = normalize(-camera_point);
    if (dot(n, v) < 0.0) n = -n;
    vec3 albedo = mix(vertex_colour, tint.rgb, tint.a);
    if (pattern_strength > 0.0) albedo = mix(albedo, surface_pattern(), pattern_strength);
    albedo = pow(albedo, vec3(2.2));
    vec3 r = reflect(-v, n);
    vec3 ambient = mix(ambient_down, ambient_up, 0.5 + 0.5 * dot(n, up));
    vec3 mirrored = mix(ambient_down, ambient_up, smoothstep(-0.4, 0.4, dot(r, up)));
    vec3 radiance = albedo * (1.0 - metallic) * ambient
        + mix(vec3(0.04), albedo, metallic) * mirrored * (1.0 - 0.6 * roughness);
    for (int i = 0; i < N_LIGHTS; i++) {
        vec3 light = reflected(albedo, n, v, light_direction[i]) * light_colour[i];
        radiance += i == 0 ? light * lit_share(n) : light;
    }
    out_colour = vec4(pow(clamp(radiance, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
"""
