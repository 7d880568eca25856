// Shows a binary glTF model of one mesh in place of a picture: no library, some lines of WebGL.
const vertex = `attribute vec3 at,normal;uniform vec2 turn;varying vec3 n;
vec3 spin(vec3 p){float s=sin(turn.x),c=cos(turn.x);p=vec3(c*p.x+s*p.z,p.y,c*p.z-s*p.x);s=sin(turn.y);c=cos(turn.y);return vec3(p.x,c*p.y-s*p.z,s*p.y+c*p.z);}
void main(){vec3 p=spin(at-vec3(.1,.5,0.));n=spin(normal);gl_Position=vec4(p.xy*1.25,-p.z*.5,1.-p.z*.18);}`;
const fragment = `precision mediump float;varying vec3 n;uniform vec3 color;
void main(){vec3 m=normalize(gl_FrontFacing?n:-n);float l=.35+.65*max(0.,dot(m,normalize(vec3(-.5,.7,.6))));float g=pow(max(0.,dot(m,normalize(vec3(-.3,.5,.9)))),24.);gl_FragColor=vec4(pow(color*l,vec3(1./2.2))+.25*g,1.);}`;

// read takes positions, normals, triangles and the color out of a file.
const read = buffer => {
  const view = new DataView(buffer), size = view.getUint32(12, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 20, size)));
  const [part] = about.meshes[0].primitives, start = 28 + size;
  const of = (i, type, width) => { const a = about.accessors[i]; return new type(buffer, start + about.bufferViews[a.bufferView].byteOffset, a.count * width); };
  return {at: of(part.attributes.POSITION, Float32Array, 3), normal: of(part.attributes.NORMAL, Float32Array, 3), triangles: of(part.indices, Uint16Array, 1), color: about.materials[part.material].pbrMetallicRoughness.baseColorFactor};
};

export const show = async (link, picture) => {
  const canvas = document.createElement("canvas"), gl = canvas.getContext("webgl", {antialias: true});
  if (!gl) { location.href = link.href; return; }
  const file = await fetch(link.href);
  if (!file.ok) return;
  const model = read(await file.arrayBuffer());
  canvas.width = canvas.height = 2 * Math.min(576, picture.clientWidth);
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", link.dataset.model);
  const program = gl.createProgram();
  for (const [type, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const s = gl.createShader(type);
    gl.shaderSource(s, text);
    gl.compileShader(s);
    gl.attachShader(program, s);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  for (const name of ["at", "normal"]) {
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, model[name], gl.STATIC_DRAW);
    const where = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(where);
    gl.vertexAttribPointer(where, 3, gl.FLOAT, false, 0, 0);
  }
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, model.triangles, gl.STATIC_DRAW);
  gl.uniform3fv(gl.getUniformLocation(program, "color"), model.color.slice(0, 3));
  gl.enable(gl.DEPTH_TEST);
  const turn = [-.6, .35];
  const draw = () => {
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(.945, .925, .882, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniform2fv(gl.getUniformLocation(program, "turn"), turn);
    gl.drawElements(gl.TRIANGLES, model.triangles.length, gl.UNSIGNED_SHORT, 0);
    canvas.dataset.drawn = [gl.getError(), ...turn.map(t => t.toFixed(2))].join(" ");
  };
  const by = (x, y) => { turn[0] += x; turn[1] = Math.max(-1.2, Math.min(1.2, turn[1] + y)); draw(); };
  canvas.addEventListener("pointermove", e => { if (e.buttons) by(e.movementX / 120, e.movementY / 120); });
  canvas.addEventListener("keydown", e => {
    const way = {ArrowLeft: [-.15, 0], ArrowRight: [.15, 0], ArrowUp: [0, -.15], ArrowDown: [0, .15]}[e.key];
    if (way) { e.preventDefault(); by(...way); }
  });
  picture.replaceWith(canvas);
  link.parentElement.textContent = link.dataset.model;
  draw();
  canvas.focus();
};
