"""GLSL programs of the renderer. Everything is in the camera's OpenGL frame: x right, y up, z backward.

Colour is drawn in two steps: surfaces (what each of several samples a pixel shows, cheap) and light (dear, but once a
pixel and surface): small triangles then cost no more than large ones.
"""

from __future__ import annotations

MOST_DRAWABLES = 64
SHADOW_TAPS = 9

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

SURFACE_VERTEX = """#version 330
uniform mat4 projection, model;
in vec3 position, normal, colour;
in vec2 uv;
out vec3 camera_normal, vertex_colour, object_point, object_normal;
out vec2 texture_point;
void main() {
    camera_normal = mat3(model) * normal;
    vertex_colour = colour;
    object_point = position;
    object_normal = normal;
    texture_point = uv;
    gl_Position = projection * (model * vec4(position, 1.0));
}
"""

SURFACE_FRAGMENT = """#version 330
uniform bool textured;
uniform float number, pattern_strength, pattern_scale;
uniform vec3 mean_colour;  // linear
uniform float contrast;
uniform vec4 tint;
uniform sampler2D pattern, picture;
in vec3 camera_normal, vertex_colour, object_point, object_normal;
in vec2 texture_point;
layout(location = 0) out vec4 out_albedo;
layout(location = 1) out vec4 out_normal;

vec3 surface_pattern() {
    vec3 a = abs(object_normal);
    vec2 uv = a.x > a.y && a.x > a.z ? object_point.yz : (a.y > a.z ? object_point.xz : object_point.xy);
    return texture(pattern, uv * pattern_scale).rgb;
}

void main() {
    vec3 albedo = vertex_colour;
    if (textured) albedo = texture(picture, texture_point).rgb;
    if (contrast != 1.0) albedo = sqrt(clamp(mix(mean_colour, albedo * albedo, contrast), 0.0, 1.0));
    albedo = mix(albedo, tint.rgb, tint.a);
    if (pattern_strength > 0.0) albedo = mix(albedo, surface_pattern(), pattern_strength);
    out_albedo = vec4(albedo, number / 255.0);
    out_normal = vec4(camera_normal, 0.0);
}
"""

SCREEN_VERTEX = """#version 330
in vec2 corner;
out vec2 uv;
void main() { uv = corner * 0.5 + 0.5; gl_Position = vec4(corner, 0.0, 1.0); }
"""

# Cook-Torrance with the GGX distribution and Schlick's approximations (Walter et al. 2007; Karis 2013). Soft shadows
# from a disc of samples on a golden spiral, turned from pixel to pixel (Vogel 1979; Jimenez 2014 for the turn).
LIGHT_FRAGMENT = """#version 330
#define N_LIGHTS 3
uniform vec3 light_direction[N_LIGHTS], light_colour[N_LIGHTS];
uniform vec3 ambient_up, ambient_down, up;
uniform vec2 materials[MOST_DRAWABLES];  // roughness, metallic
uniform vec2 taps[N_TAPS];
uniform mat4 to_camera, light_projection;
uniform float shadow_softness;
uniform sampler2D shadow_map, albedos, normals, depths, background;
in vec2 uv;
out vec4 out_colour;

// The depth that a sample is compared with follows the surface's own plane, so that it casts no shadow on itself and
// shadows still reach the feet of things.
float lit_share(vec3 point, vec3 n) {
    vec3 q = (light_projection * vec4(point, 1.0)).xyz * 0.5 + 0.5;
    float cosine = dot(n, light_direction[0]);
    if (cosine <= 0.0) return 0.0;
    if (any(lessThan(q, vec3(0.0))) || any(greaterThan(q, vec3(1.0)))) return 1.0;
    mat3 rows = transpose(mat3(light_projection));
    vec2 slope = vec2(dot(n, normalize(rows[0])), dot(n, normalize(rows[1]))) / (3.0 * max(cosine, 0.05));
    float turn = 6.2832 * fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
    float size = float(textureSize(shadow_map, 0).x), bias = 0.001 + (abs(slope.x) + abs(slope.y)) / size;
    vec2 along = shadow_softness * vec2(cos(turn), sin(turn)), across = vec2(-along.y, along.x);
    int lit = 0;
    for (int i = 0; i < N_TAPS; i++) {
        vec2 offset = taps[i].x * along + taps[i].y * across;
        ivec2 at = ivec2(clamp((q.xy + offset) * size, vec2(0.0), vec2(size - 1.0)));
        lit += texelFetch(shadow_map, at, 0).r >= q.z + dot(slope, offset) - bias ? 1 : 0;
    }
    return float(lit) / float(N_TAPS);
}

// A display's curve as gamma 2: near sRGB's, cheap, and each other's exact inverse.
vec3 linear(vec3 c) { return c * c; }
vec3 encoded(vec3 c) { return sqrt(c); }

vec3 reflected(vec3 albedo, vec3 n, vec3 v, vec3 l, float roughness, float metallic) {
    vec3 h = normalize(l + v);
    float nl = max(dot(n, l), 0.0), nv = max(dot(n, v), 1e-3), nh = max(dot(n, h), 0.0), vh = max(dot(v, h), 0.0);
    float a = roughness * roughness, a2 = a * a, d = nh * nh * (a2 - 1.0) + 1.0;
    float distribution = a2 / (3.14159 * d * d);
    float k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    float geometry = (nl / (nl * (1.0 - k) + k)) * (nv / (nv * (1.0 - k) + k));
    vec3 fresnel = mix(vec3(0.04), albedo, metallic);
    float x = 1.0 - vh, x2 = x * x;
    fresnel += (1.0 - fresnel) * x2 * x2 * x;
    vec3 specular = distribution * geometry * fresnel / (4.0 * nl * nv + 1e-3);
    return ((1.0 - fresnel) * (1.0 - metallic) * albedo / 3.14159 + specular) * nl;
}

vec3 radiance(int number, vec3 albedo, vec3 normal, vec3 point) {
    vec3 n = normal / max(length(normal), 1e-4), v = normalize(-point);
    if (dot(n, v) < 0.0) n = -n;
    float roughness = materials[number - 1].x, metallic = materials[number - 1].y;
    albedo = linear(albedo);
    vec3 r = reflect(-v, n);
    vec3 ambient = mix(ambient_down, ambient_up, 0.5 + 0.5 * dot(n, up));
    vec3 mirrored = mix(ambient_down, ambient_up, smoothstep(-0.4, 0.4, dot(r, up)));
    vec3 sum = albedo * (1.0 - metallic) * ambient
        + mix(vec3(0.04), albedo, metallic) * mirrored * (1.0 - 0.6 * roughness);
    for (int i = 0; i < N_LIGHTS; i++) {
        if (light_colour[i] == vec3(0.0)) continue;
        float share = i == 0 ? lit_share(point, n) : 1.0;
        sum += share * reflected(albedo, n, v, light_direction[i], roughness, metallic) * light_colour[i];
    }
    return clamp(sum, 0.0, 1.0);
}

vec3 unprojected(vec2 at, float depth) {
    vec4 p = to_camera * vec4(vec3(at, depth) * 2.0 - 1.0, 1.0);
    return p.xyz / p.w;
}

void main() {
    ivec2 first = ivec2(gl_FragCoord.xy) * SIDE;
    vec4 albedo = texelFetch(albedos, first, 0);
    vec3 normal = texelFetch(normals, first, 0).xyz;
    float depth = texelFetch(depths, first, 0).r, number = albedo.a, nearest = depth, farthest = depth;
    bool one_surface = true;
    for (int k = 1; k < SIDE * SIDE; k++) {
        ivec2 at = first + ivec2(k % SIDE, k / SIDE);
        vec4 a = texelFetch(albedos, at, 0);
        float z = texelFetch(depths, at, 0).r;
        one_surface = one_surface && a.a == number;
        nearest = min(nearest, z);
        farthest = max(farthest, z);
        albedo += a;
        depth += z;
        normal += texelFetch(normals, at, 0).xyz;
    }
    one_surface = one_surface && farthest - nearest <= 0.02 * (1.0 - nearest);  // 2 % of the distance
    vec3 sum = vec3(0.0);
    int surfaces = one_surface ? 1 : SIDE * SIDE;
    albedo /= float(SIDE * SIDE);
    depth /= float(SIDE * SIDE);
    for (int k = 0; k < surfaces; k++) {
        if (!one_surface) {
            ivec2 at = first + ivec2(k % SIDE, k / SIDE);
            albedo = texelFetch(albedos, at, 0);
            normal = texelFetch(normals, at, 0).xyz;
            depth = texelFetch(depths, at, 0).r;
        }
        int id = int(albedo.a * 255.0 + 0.5);
        if (id == 0) sum += linear(texture(background, uv).rgb);
        else sum += radiance(id, albedo.rgb, normal, unprojected(uv, depth));
    }
    out_colour = vec4(encoded(sum / float(surfaces)), 1.0);
}
"""


def light_fragment(side: int) -> str:
    """Source of the light step for side * side samples a pixel."""
    constants = f"#version 330\n#define SIDE {side}\n#define MOST_DRAWABLES {MOST_DRAWABLES}\n"
    constants += f"#define N_TAPS {SHADOW_TAPS}\n"
    return constants + LIGHT_FRAGMENT.removeprefix("#version 330\n")
